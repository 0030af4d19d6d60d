//! Diagrams: the tables of an area, a table and its neighbours, the life cycle of an enum.

mod boxes;
mod draw;
mod layers;
mod layout;
mod states;

use super::model::Model;

pub(super) use boxes::{area, neighbourhood, parts};
pub(super) use draw::mark;
pub(super) use states::life_cycle;

/// How many colours the style sheet has for areas.
const COLOURS: usize = 8;

/// The class that gives an area its colour.
pub(super) fn area_class(model: &Model<'_>, area: &str) -> String {
    let number = model.areas.iter().position(|one| one.name == area);
    format!("area-{}", number.unwrap_or_default() % COLOURS)
}

/// A text in a fixed-width font: how wide it is, in pixels, where a letter is `tenths` of a pixel wide.
fn width(text: &str, tenths: i32) -> i32 {
    let wide = |c: char| if c.is_ascii() { tenths } else { 2 * tenths };
    text.chars().map(wide).sum::<i32>() / 10
}
