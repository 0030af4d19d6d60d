//! The diagrams: what is in them, and that no line runs across a box or box across another.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::site::{Site, is, repository_schema, schema_of};

/// Left, top, right and bottom.
type Rect = [f64; 4];
type Point = (f64, f64);

/// The value of an attribute in the tag that a piece of text begins with.
fn attribute(tag: &str, name: &str) -> Option<f64> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"')?.0.parse().ok()
}

fn boxes(svg: &str) -> Vec<Rect> {
    let tags = svg.split("<rect class=\"body\"").skip(1);
    tags.map(|tag| {
        let value = |name| attribute(tag, name).unwrap();
        let (x, y) = (value("x"), value("y"));
        [x, y, x + value("width"), y + value("height")]
    })
    .collect()
}

/// Points on every line of a drawing.
fn lines(svg: &str) -> Vec<Vec<Point>> {
    let paths = svg.split("<path class=\"line\" d=\"").skip(1);
    paths
        .filter_map(|path| Some(points(path.split_once('"')?.0)))
        .collect()
}

fn points(path: &str) -> Vec<Point> {
    let mut out: Vec<Point> = Vec::new();
    let mut rest = path;
    while let Some(kind) = rest.chars().next() {
        let end = rest[1..]
            .find(['M', 'C', 'H'])
            .map_or(rest.len(), |end| end + 1);
        let numbers = rest[1..end]
            .split_whitespace()
            .map(|word| word.parse().unwrap());
        let numbers: Vec<f64> = numbers.collect();
        let from = out.last().copied().unwrap_or_default();
        match (kind, &numbers[..]) {
            ('M', [x, y]) => out.push((*x, *y)),
            ('H', [x]) => out.push((*x, from.1)),
            ('C', [x1, y1, x2, y2, x, y]) => {
                for step in 1..=40 {
                    let t = f64::from(step) / 40.0;
                    let s = 1.0 - t;
                    let at = |a: f64, b: f64, c: f64, d: f64| {
                        s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
                    };
                    out.push((at(from.0, *x1, *x2, *x), at(from.1, *y1, *y2, *y)));
                }
            }
            other => panic!("{other:?} in {path}"),
        }
        rest = &rest[end..];
    }
    out
}

fn hold_apart(page: &str) -> Result<(), TestCaseError> {
    for svg in page
        .split("<svg")
        .skip(1)
        .filter(|svg| svg.contains("class=\"body\""))
    {
        let boxes = boxes(svg);
        for (nth, one) in boxes.iter().enumerate() {
            for other in &boxes[nth + 1..] {
                let apart = one[2] <= other[0]
                    || other[2] <= one[0]
                    || one[3] <= other[1]
                    || other[3] <= one[1];
                prop_assert!(apart, "{one:?} and {other:?} overlap");
            }
            for line in lines(svg) {
                for pair in line.windows(2) {
                    let (x, y) = (pair[0].0.midpoint(pair[1].0), pair[0].1.midpoint(pair[1].1));
                    let inside = x > one[0] + 1.0 && x < one[2] - 1.0 && y > one[1] && y < one[3];
                    prop_assert!(!inside, "a line runs across {one:?} at {x} {y}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn in_the_diagrams_of_the_repository_nothing_overlaps() {
    let site = Site::of(&repository_schema());
    for (path, text) in site.files.iter().filter(|(path, _)| is(path, "html")) {
        hold_apart(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

/// A schema of tables `t0`, `t1`, …, with these references from one to another.
fn tables(count: usize, references: &[(usize, usize)]) -> String {
    let mut out = String::new();
    for table in 0..count {
        let _ = write!(
            out,
            "  t{table}:\n    area: a\n    model: T{table}\n    comment: C.\n    columns:\n      id: {{type: uuid, comment: C.}}\n"
        );
        let own = references.iter().filter(|(from, _)| *from == table);
        for (nth, (_, to)) in own.enumerate() {
            let _ = writeln!(
                out,
                "      r{nth}: {{type: uuid, references: t{to}, on_delete: cascade, index: true, comment: C.}}"
            );
        }
    }
    schema_of(&out)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_overlaps_whatever_the_references(
        count in 1_usize..14,
        references in prop::collection::vec((0_usize..14, 0_usize..14), 0..24),
    ) {
        let inside = |(from, to): &(usize, usize)| *from < count && *to <= *from;
        let references: Vec<_> = references.into_iter().filter(inside).collect();
        let site = Site::of(&tables(count, &references));
        for (_, text) in site.files.iter().filter(|(path, _)| is(path, "html")) {
            hold_apart(text)?;
        }
    }
}

#[test]
fn a_big_area_comes_in_parts_of_at_most_fifteen_tables() {
    let references: Vec<_> = (1..40).map(|table| (table, table / 2)).collect();
    let site = Site::of(&tables(40, &references));
    let page = site.file("index.html");
    let diagrams: Vec<&str> = page
        .split("<svg")
        .skip(1)
        .filter(|svg| svg.contains("class=\"body\""))
        .collect();
    assert!(diagrams.len() >= 3);
    for svg in &diagrams {
        assert!((1..=15).contains(&boxes(svg).len()));
    }
    for table in 0..40 {
        let link = format!("href=\"tables/t{table}.html\"");
        let is_own = |one: &str| one.starts_with("own ") && one.contains(&link);
        let own = diagrams
            .iter()
            .flat_map(|svg| svg.split("<a class=\"box ").skip(1));
        assert_eq!(own.filter(|one| is_own(one)).count(), 1, "t{table}");
    }
}

#[test]
fn lines_to_columns_of_one_table_do_not_cross() {
    // Its columns refer to the tables in the other order than the file names these.
    let site = Site::of(&tables(3, &[(2, 1), (2, 0)]));
    let page = site.file("tables/t2.html");
    let svg = page
        .split("<svg")
        .find(|svg| svg.contains("class=\"body\""))
        .unwrap();
    let ends: Vec<(Point, Point)> = lines(svg)
        .iter()
        .map(|line| (line[0], line[line.len() - 1]))
        .collect();
    assert_eq!(ends.len(), 2);
    let above = |n: fn(&(Point, Point)) -> Point| n(&ends[0]).1 < n(&ends[1]).1;
    assert_eq!(above(|line| line.0), above(|line| line.1));
}

#[test]
fn a_life_cycle_shows_its_start_its_moves_and_its_ends() {
    let site = Site::of(&repository_schema());
    let page = site.file("types.html");
    let (_, svg) = page
        .split_once("aria-label=\"Life cycle of campaign_status\"")
        .unwrap();
    let (svg, _) = svg.split_once("</svg>").unwrap();
    for edge in [
        "the start → draft",
        "running → paused",
        "paused → running",
        "paused → cancelled",
    ] {
        assert!(svg.contains(&format!("<title>{edge}</title>")), "{edge}");
    }
    assert_eq!(svg.matches("<g class=\"edge\"").count(), 12);
    assert_eq!(svg.matches("class=\"state final\"").count(), 2);
    assert_eq!(svg.matches("class=\"head\"").count(), 12);
}
