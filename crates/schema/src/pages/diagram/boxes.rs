//! Tables as boxes, foreign keys as lines with crow's feet.

use maud::{Markup, html};

use super::super::model::{ForeignKey, Model, Table};
use super::draw::{crow_foot, line, svg};
use super::layout::{Edge, Gaps, Layout, Node, Place, layout};
use super::{area_class, width};

/// Height of the part with the name, and of a column.
const HEAD: i32 = 32;
const ROW: i32 = 22;
/// Room below the last column.
const FOOT: i32 = 6;
/// From the left side of a box to the names of columns; before them stand `PK` and `FK`.
const INDENT: i32 = 36;
const GAPS: Gaps = Gaps {
    layers: 92,
    boxes: 26,
    ends: 0,
};
/// The most boxes in one diagram.
const MOST: usize = 15;

/// A table in a diagram.
struct Box<'m> {
    table: &'m Table<'m>,
    area: String,
    /// The columns that are shown.
    rows: Vec<Row<'m>>,
    /// `centre`: the table that the diagram is about; `other`: it only stands for the other end of a line; or `own`.
    role: &'static str,
}

struct Row<'m> {
    mark: &'static str,
    name: &'m str,
    sql_type: &'m str,
}

/// The tables of an area in portions that one diagram can hold, together with the tables they refer to.
pub(in super::super) fn parts<'m>(model: &'m Model<'m>, area: &str) -> Vec<Vec<&'m Table<'m>>> {
    let mut parts: Vec<Vec<&Table<'_>>> = Vec::new();
    for table in model.tables.iter().filter(|table| table.area == area) {
        if let Some(part) = parts.last_mut() {
            part.push(table);
            if part.len() + outside(model, part).len() <= MOST {
                continue;
            }
            part.pop();
        }
        parts.push(vec![table]);
    }
    parts
}

/// The tables that others refer to and that are not among them.
fn outside<'m>(model: &'m Model<'m>, tables: &[&Table<'_>]) -> Vec<&'m Table<'m>> {
    let inside = |name: &str| tables.iter().any(|table| table.name == name);
    let refers = |name: &str| {
        let mut keys = tables.iter().flat_map(|table| &table.foreign_keys);
        keys.any(|key| key.to_table == name)
    };
    let all = model.tables.iter();
    all.filter(|table| !inside(table.name) && refers(table.name))
        .collect()
}

/// Tables of an area with their keys, and the names of the tables elsewhere that they refer to.
pub(in super::super) fn area(model: &Model<'_>, tables: &[&Table<'_>], title: &str) -> Markup {
    let outside = outside(model, tables);
    let keys: Vec<&ForeignKey<'_>> = tables
        .iter()
        .flat_map(|table| &table.foreign_keys)
        .collect();
    let own = model
        .tables
        .iter()
        .filter(|table| tables.iter().any(|own| own.name == table.name));
    let own = own.map(|table| Box::new(model, table, "own", |row| !row.mark.is_empty()));
    let others = outside
        .iter()
        .map(|table| Box::new(model, table, "other", |_| false));
    let boxes: Vec<Box<'_>> = own.chain(others).collect();
    draw(
        &boxes,
        &keys,
        &format!("Tables of {title} and their foreign keys"),
        "tables/",
    )
}

/// A table with all its columns, the tables it refers to on its left, those that refer to it on its right.
pub(in super::super) fn neighbourhood(model: &Model<'_>, table: &Table<'_>) -> Markup {
    let keys: Vec<&ForeignKey<'_>> = table
        .foreign_keys
        .iter()
        .chain(
            table
                .referenced_by
                .iter()
                .filter(|key| key.table != table.name),
        )
        .collect();
    let near = |name: &str| {
        keys.iter()
            .any(|key| key.table == name || key.to_table == name)
    };
    let boxes: Vec<Box<'_>> = model
        .tables
        .iter()
        .filter(|other| other.name == table.name || near(other.name))
        .map(|other| {
            if other.name == table.name {
                return Box::new(model, other, "centre", |_| true);
            }
            Box::new(model, other, "own", |row| {
                let own = keys.iter().filter(|key| key.table == other.name);
                let met = keys.iter().filter(|key| key.to_table == other.name);
                own.flat_map(|key| &key.columns)
                    .chain(met.flat_map(|key| &key.to_columns))
                    .any(|column| *column == row.name)
            })
        })
        .collect();
    draw(
        &boxes,
        &keys,
        &format!("{} and the tables next to it", table.name),
        "",
    )
}

impl<'m> Box<'m> {
    fn new(
        model: &'m Model<'_>,
        table: &'m Table<'m>,
        role: &'static str,
        shown: impl Fn(&Row<'m>) -> bool,
    ) -> Self {
        let rows = table.columns.iter().map(|column| Row {
            mark: match column {
                one if one.in_primary_key => "PK",
                one if one.references.is_some() => "FK",
                one if one.unique => "UQ",
                _ => "",
            },
            name: column.name,
            sql_type: &column.sql_type,
        });
        Self {
            table,
            area: area_class(model, table.area),
            rows: rows.filter(shown).collect(),
            role,
        }
    }

    fn node(&self) -> Node {
        let name = width(self.table.name, 82) + 32;
        let rows = self.rows.iter().map(|row| {
            let sql_type = if self.role == "centre" {
                24 + width(row.sql_type, 68)
            } else {
                0
            };
            INDENT + width(row.name, 73) + sql_type + 16
        });
        let height = i32::try_from(self.rows.len()).unwrap_or_default() * ROW;
        Node {
            width: rows.chain([name]).max().unwrap_or(name),
            height: HEAD + height + if height > 0 { FOOT } else { 0 },
        }
    }

    /// How far below the top of the box a line to this column begins.
    fn port(&self, column: Option<&&str>) -> i32 {
        let row = (0..)
            .zip(&self.rows)
            .find(|(_, row)| Some(&row.name) == column);
        row.map_or(HEAD / 2, |(nth, _)| HEAD + nth * ROW + ROW / 2)
    }

    fn draw(&self, nth: usize, place: &Place, folder: &str) -> Markup {
        let Place {
            x,
            y,
            width,
            height,
        } = *place;
        let (table, right) = (self.table, x + width - 12);
        html! {
            a .box .(self.role) .(self.area) data-node=(nth)
                href={ (folder) (table.name) ".html" } {
                title { (table.name) ": " (table.comment) }
                rect .body x=(x) y=(y) width=(width) height=(height) rx="8" {}
                @if self.rows.is_empty() {
                    rect .band x=(x) y=(y) width=(width) height=(height) rx="8" {}
                } @else {
                    path .band d=(format!(
                        "M{x} {0}V{1}q0-8 8-8H{2}q8 0 8 8V{0}Z", y + HEAD, y + 8, x + width - 8
                    )) {}
                }
                text .name x=(x + 14) y=(y + 21) { (table.name) }
                @for (row, y) in self.rows.iter().zip((y + HEAD + 17..).step_by(22)) {
                    @if !row.mark.is_empty() {
                        text .mark-key x=(x + 12) y=(y) { (row.mark) }
                    }
                    text .column x=(x + INDENT) y=(y) { (row.name) }
                    @if self.role == "centre" {
                        text .type x=(right) y=(y) text-anchor="end" { (row.sql_type) }
                    }
                }
                rect .outline x=(x) y=(y) width=(width) height=(height) rx="8" {}
            }
        }
    }
}

fn draw(boxes: &[Box<'_>], keys: &[&ForeignKey<'_>], label: &str, folder: &str) -> Markup {
    let nth = |name: &str| boxes.iter().position(|one| one.table.name == name);
    let (mut edges, mut drawn) = (Vec::new(), Vec::new());
    for key in keys {
        if let (Some(from), Some(to)) = (nth(key.to_table), nth(key.table)) {
            let start = boxes[from].port(key.to_columns.first());
            let end = boxes[to].port(key.columns.first());
            edges.push(Edge {
                from,
                to,
                ports: Some((start, end)),
            });
            drawn.push(*key);
        }
    }
    let nodes: Vec<Node> = boxes.iter().map(Box::node).collect();
    let layout = layout(&nodes, &edges, GAPS);
    let shapes = html! {
        @for (nth, key) in drawn.iter().enumerate() { (relation(&layout, &edges[nth], nth, key)) }
        @for (nth, one) in boxes.iter().enumerate() { (one.draw(nth, &layout.places[nth], folder)) }
    };
    svg(&layout, label, &shapes)
}

/// A foreign key: from the one row it refers to, to the many that refer.
fn relation(layout: &Layout, edge: &Edge, nth: usize, key: &ForeignKey<'_>) -> Markup {
    let route = &layout.routes[nth];
    let (left, right) = (route.points[0], route.points[route.points.len() - 1]);
    let is_loop = edge.from == edge.to;
    let (one, other) = if route.turned && !is_loop {
        (right, left)
    } else {
        (left, right)
    };
    let out = |end: (i32, i32)| if end == left || is_loop { 1 } else { -1 };
    html! {
        g .edge data-ends={ (edge.from) " " (edge.to) } {
            title {
                (key.table) "." (key.columns.join(", ")) " → " (key.to_table) ", on delete " (key.on_delete)
            }
            path .hit d=(line(route)) {}
            path .line d=(line(route)) {}
            (crow_foot(one, out(one), false, key.optional))
            (crow_foot(other, out(other), !key.unique, true))
        }
    }
}
