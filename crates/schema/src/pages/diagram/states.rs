//! The life cycle of an enum.

use maud::{Markup, html};

use super::super::model::{Enum, LifeCycle};
use super::draw::{arrow_head, line, svg};
use super::layout::{Edge, Gaps, Node, Place, layout};
use super::width;

const HEIGHT: i32 = 34;
/// Radius of the corners of a state.
const ROUND: i32 = 12;
/// Diameter of the dot it all begins with.
const DOT: i32 = 14;
const GAPS: Gaps = Gaps {
    layers: 74,
    boxes: 20,
    ends: 10,
};

/// The states and moves of an enum.
pub(in super::super) fn life_cycle(one: &Enum<'_>, cycle: &LifeCycle<'_>) -> Markup {
    let nth = |label: &str| one.labels.iter().position(|other| other.name == label);
    let labels = one.labels.iter().map(|label| label.name);
    let mut nodes: Vec<Node> = labels
        .map(|label| Node {
            width: width(label, 78) + 36,
            height: HEIGHT.max(GAPS.ends * ends(cycle, label) + 4),
        })
        .collect();
    let edge = |from, to| Edge {
        from,
        to,
        ports: None,
    };
    let mut edges = Vec::new();
    // The dot comes first, so that nothing leads back to the left of it.
    if let Some(start) = cycle.start.and_then(nth) {
        edges.push(edge(nodes.len(), start));
        nodes.push(Node {
            width: DOT,
            height: DOT,
        });
    }
    for (from, to) in &cycle.moves {
        if let (Some(from), Some(to)) = (nth(from), nth(to)) {
            edges.push(edge(from, to));
        }
    }
    let layout = layout(&nodes, &edges, GAPS);
    let moves = edges.iter().zip(&layout.routes);
    let name = |node: usize| one.labels.get(node).map_or("the start", |label| label.name);
    svg(
        &layout,
        &format!("Life cycle of {}", one.name),
        &html! {
            @for (edge, route) in moves {
                @let (begin, end) = (route.points[0], route.points[route.points.len() - 1]);
                g .edge data-ends={ (edge.from) " " (edge.to) } {
                    title { (name(edge.from)) " → " (name(edge.to)) }
                    path .hit d=(line(route)) {}
                    path .line d=(line(route)) {}
                    @if route.turned && edge.from != edge.to { (arrow_head(begin, 1)) }
                    @else if edge.from == edge.to { (arrow_head(end, 1)) }
                    @else { (arrow_head(end, -1)) }
                }
            }
            @for (node, place) in layout.places.iter().enumerate() {
                @if let Some(label) = one.labels.get(node) {
                    (state(node, place, label.name, label.comment, cycle.finals.contains(&label.name)))
                } @else {
                    circle .start cx=(place.x + DOT / 2) cy=(place.y + DOT / 2) r=(DOT / 2) {}
                }
            }
        },
    )
}

/// About how many lines meet a side of a state: they come in on one, and go out on the other.
fn ends(cycle: &LifeCycle<'_>, label: &str) -> i32 {
    let (mut come, mut go) = (0, 0);
    for (from, to) in &cycle.moves {
        go += i32::from(*from == label);
        come += i32::from(*to == label);
    }
    come.max(go)
}

fn state(node: usize, place: &Place, name: &str, comment: &str, is_final: bool) -> Markup {
    let Place {
        x,
        y,
        width,
        height,
    } = *place;
    html! {
        g .state .final[is_final] data-node=(node) {
            title { (name) ": " (comment) }
            rect x=(x) y=(y) width=(width) height=(height) rx=(ROUND) {}
            @if is_final {
                rect x=(x + 3) y=(y + 3) width=(width - 6) height=(height - 6) rx=(ROUND - 3) {}
            }
            text x=(x + width / 2) y=(y + height / 2 + 4) text-anchor="middle" { (name) }
        }
    }
}
