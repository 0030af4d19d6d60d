// Around the script of a test: opens pages in a frame and writes down what the script returns.
const frame = document.createElement("iframe");
frame.style = "width: 1400px; height: 900px; border: 0";
document.body.append(frame);

const loaded = () => new Promise((done) => frame.addEventListener("load", done, { once: true }));

async function open(path) {
  const done = loaded();
  frame.src = root + path;
  await done;
  return frame.contentWindow;
}

function press(target, key) {
  const { KeyboardEvent } = target.ownerDocument.defaultView;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

test().then((found) => {
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(found);
  document.body.replaceChildren(result);
});
