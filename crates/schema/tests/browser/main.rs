//! The pages in a real Chromium: what only a browser can tell. `ci/LTC.json` runs it; it is left out where nobody asks for
//! the feature `browser`, because not everybody has one.

mod chromium;

use chromium::{Pages, WIDE};
use serde_json::{Value, json};

#[test]
fn no_page_has_anything_to_complain_about_and_every_link_leads_somewhere() {
    let pages = Pages::new();
    let found = pages.run(
        "const found = {};
        for (const path of pages) {
            const at = await open(path);
            const links = [...at.document.querySelectorAll('a[href]')].map((link) => link.href.baseVal ?? link.href);
            found[path] = {
                links: links.map((link) => new URL(link, at.location).href.slice(root.length)),
                ids: [...at.document.querySelectorAll('[id]')].map((one) => one.id),
            };
        }
        return found;",
    );
    let found = found.as_object().unwrap();
    assert_eq!(found.len(), pages.html().count());
    for (path, page) in found {
        for link in page["links"].as_array().unwrap() {
            let link = link.as_str().unwrap();
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            assert!(pages.has(target), "{path}: {link}");
            let ids = &found.get(target).map_or(&Value::Null, |page| &page["ids"]);
            let there = anchor.is_empty()
                || ids
                    .as_array()
                    .is_some_and(|ids| ids.contains(&anchor.into()));
            assert!(there, "{path}: {link}");
        }
    }
}

#[test]
fn the_search_finds_a_column_and_leads_to_it() {
    let found = Pages::new().run(
        "const at = await open('tables/users.html');
        press(at.document.body, '/');
        const input = at.document.activeElement;
        const hits = (text) => {
            input.value = text;
            input.dispatchEvent(new at.Event('input'));
            return [...at.document.querySelectorAll('#results [role=option] b')].map((one) => one.textContent);
        };
        const found = {
            column: hits('phone_number')[0],
            label: hits('survey.refused')[0],
            comment: hits('do-not-call list').includes('exclusion_list_entries'),
            nothing: hits('no such thing').length,
            words: hits('contacts next')[0],
            open: input.getAttribute('aria-expanded'),
        };
        press(input, 'ArrowDown');
        found.second = at.document.getElementById(input.getAttribute('aria-activedescendant')).id;
        press(input, 'ArrowUp');
        const there = loaded();
        press(input, 'Enter');
        await there;
        found.there = frame.contentWindow.location.href.slice(root.length);
        const target = frame.contentDocument.querySelector(':target');
        found.target = target.querySelector('th').textContent;
        const top = target.getBoundingClientRect().top;
        found.seen = top > 60 && top < 800;
        return found;",
    );
    let want = json!({
        "column": "contacts.phone_number",
        "label": "survey.refused (event_type)",
        "comment": true,
        "nothing": 0,
        "words": "contacts.next_attempt_at",
        "open": "true",
        "second": "result-1",
        "there": "tables/contacts.html#column-next_attempt_at",
        "target": "next_attempt_at",
        "seen": true,
    });
    assert_eq!(found, want);
}

#[test]
fn the_theme_changes_and_is_remembered_on_other_pages() {
    let found = Pages::new().run(
        "const colour = (at) => at.getComputedStyle(at.document.body).backgroundColor;
        const first = await open('index.html');
        const before = colour(first);
        const button = first.document.getElementById('theme');
        button.click();
        const after = [colour(first), button.getAttribute('aria-pressed')];
        const other = await open('tables/events.html');
        const there = [colour(other), other.document.getElementById('theme').getAttribute('aria-pressed')];
        other.document.getElementById('theme').click();
        return [before, ...after, ...there, colour(other)];",
    );
    let (light, dark) = ("rgb(250, 250, 248)", "rgb(20, 22, 26)");
    assert_eq!(found, json!([light, dark, "true", dark, "true", light]));
}

#[test]
fn diagrams_move_and_zoom_by_buttons_keys_wheel_and_drag() {
    let found = Pages::new().run(
        "const at = await open('tables/campaigns.html');
        const canvas = at.document.querySelector('.canvas');
        const svg = canvas.querySelector('svg');
        const view = () => svg.getAttribute('viewBox').split(' ').map(Number);
        const button = (name) => at.document.querySelector(`[data-zoom=${name}]`).click();
        const pointer = (kind, x, y) => canvas.dispatchEvent(
            new at.PointerEvent(kind, {bubbles: true, clientX: x, clientY: y, button: 0, isPrimary: true}));
        const wheel = () => !canvas.dispatchEvent(
            new at.WheelEvent('wheel', {deltaY: -200, clientX: 300, clientY: 400, cancelable: true}));
        const found = {};
        const smaller = (name, act) => { const [, , w] = view(); act(); found[name] = view()[2] < w; };
        smaller('button', () => button('in'));
        smaller('key', () => press(canvas, '+'));
        smaller('wheel of a page that was not clicked', wheel);
        pointer('pointerdown', 300, 400);
        pointer('pointerup', 300, 400);
        smaller('wheel', wheel);
        button('all');
        found.all = view()[2] >= svg.getBBox().width && view()[3] >= svg.getBBox().height;
        const [x, y] = view();
        pointer('pointerdown', 300, 400);
        pointer('pointermove', 250, 380);
        pointer('pointerup', 250, 380);
        found.drag = view()[0] > x && view()[1] > y;
        press(canvas, 'ArrowLeft');
        press(canvas, '0');
        found.back = view()[0] === x && view()[1] === y;
        return found;",
    );
    let want = json!({
        "button": true, "key": true, "wheel of a page that was not clicked": false, "wheel": true,
        "all": true, "drag": true, "back": true,
    });
    assert_eq!(found, want);
}

#[test]
fn nothing_is_wider_than_a_narrow_screen() {
    let found = Pages::new().run(
        "frame.style.width = '360px';
        const wide = [];
        for (const path of pages) {
            const page = (await open(path)).document.documentElement;
            if (page.scrollWidth > page.clientWidth) wide.push(`${path}: ${page.scrollWidth}`);
        }
        return wide;",
    );
    assert_eq!(found, json!([]));
}

#[test]
fn without_scripts_everything_can_be_read() {
    let found = Pages::without_scripts().run(
        "const at = await open('tables/contacts.html');
        const seen = (what) => at.document.querySelector(what).getClientRects().length > 0;
        return [seen('.columns td'), seen('svg .box'), seen('#menu'), seen('.search'), seen('#theme'), seen('.tools')];",
    );
    assert_eq!(found, json!([true, true, true, false, false, false]));
}

#[test]
fn it_looks_like_something_in_light_and_dark() {
    let pages = Pages::new();
    for path in ["index.html", "tables/campaigns.html"] {
        let light = pages.screenshot(path, false, WIDE);
        let dark = pages.screenshot(path, true, WIDE);
        assert!(
            light.len() > 20_000 && dark.len() > 20_000 && light != dark,
            "{path}"
        );
    }
}
