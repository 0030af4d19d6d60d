//! Shapes of SVG. Colours and fonts are the style sheet's; what is measured here fits its sizes.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::layout::{LOOP, Layout, Route};

/// Room around a diagram, in pixels.
const MARGIN: i32 = 14;

/// The diagram around its shapes. `label` says in words what it shows.
pub(super) fn svg(layout: &Layout, label: &str, shapes: &Markup) -> Markup {
    let (width, height) = (layout.width + 2 * MARGIN, layout.height + 2 * MARGIN);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("{} {} {width} {height}", -MARGIN, -MARGIN)) role="group" aria-label=(label) {
            (shapes)
        }
    }
}

/// The line along a route: level where it leaves and arrives, smooth between.
pub(super) fn line(route: &Route) -> String {
    let points = &route.points;
    let mut out = format!("M{} {}", points[0].0, points[0].1);
    for (step, pair) in points.windows(2).enumerate() {
        let ((from_x, from_y), (x, y)) = (pair[0], pair[1]);
        let _ = if from_x == x {
            let side = x + LOOP * 4 / 3;
            write!(out, "C{side} {from_y} {side} {y} {x} {y}")
        } else if step % 2 == 1 || from_y == y {
            write!(out, "H{x}")
        } else {
            let half = i32::midpoint(from_x, x);
            write!(out, "C{half} {from_y} {half} {y} {x} {y}")
        };
    }
    out
}

/// The mark where a line meets a box: how many rows there may be. `out` is 1 if the line leads to the right, else -1.
pub(super) fn crow_foot((x, y): (i32, i32), out: i32, many: bool, optional: bool) -> Markup {
    let at = |distance: i32| x + out * distance;
    let bar = |distance: i32| format!("M{0} {1}V{2}", at(distance), y - 6, y + 6);
    let (foot, rest) = if many {
        (
            format!("M{x} {0}L{2} {y}L{x} {1}", y - 6, y + 6, at(12)),
            17,
        )
    } else if optional {
        (bar(8), 16)
    } else {
        (bar(7) + &bar(12), 16)
    };
    html! {
        path .mark d=(foot) {}
        @if optional { circle .mark cx=(at(rest)) cy=(y) r="4" {} }
    }
}

/// The end of a line alone, to be explained.
pub(in super::super) fn mark(many: bool, optional: bool) -> Markup {
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width="44" height="18" viewBox="0 0 44 18" aria-hidden="true" {
            g .edge {
                path .line d="M0 9H43" {}
                (crow_foot((43, 9), -1, many, optional))
                path .line d="M43 1V17" {}
            }
        }
    }
}

/// The head of an arrow that ends here; `out` as above, seen from the box.
pub(super) fn arrow_head((x, y): (i32, i32), out: i32) -> Markup {
    let back = x + out * 9;
    html! { path .head d=(format!("M{x} {y}L{back} {0}V{1}Z", y - 4, y + 4)) {} }
}
