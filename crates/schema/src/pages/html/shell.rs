//! What all pages share: head, header, list of tables; and the pieces they are made of.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::generate::FIRST_LINE;

use super::super::diagram::area_class;
use super::super::model::Model;

/// Tags that begin a line, so that a change of the schema changes few lines of a page.
const LINES: [&str; 9] = [
    "<section",
    "<tr",
    "<li",
    "<g ",
    "<a class=\"box",
    "<figure",
    "<nav",
    "<main",
    "<link",
];

/// A page.
pub(super) struct Page<'p> {
    pub(super) title: &'p str,
    /// How the page gets to the folder of `index.html`: empty, or `../`.
    pub(super) root: &'p str,
    /// The page itself, from there.
    pub(super) path: &'p str,
    /// The Markdown page that says the same, from this one.
    pub(super) markdown: &'p str,
    pub(super) main: Markup,
}

pub(super) fn page(model: &Model<'_>, page: &Page<'_>) -> String {
    let Page {
        title,
        root,
        path,
        markdown,
        main,
    } = page;
    let here = |other: &str| (other == *path).then_some("page");
    let markup = html! {
        (PreEscaped(format!("<!-- {FIRST_LINE} -->\n")))
        (DOCTYPE)
        html lang="en" data-root=(root) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · vsa schema" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href={ (root) "style.css" };
                script src={ (root) "app.js" } {}
                script src={ (root) "search.js" } defer {}
            }
            body {
                a .skip href="#main" { "Skip to the content" }
                header .top {
                    a .brand href={ (root) "index.html" } { "vsa " span { "schema" } }
                    a .to-menu href="#menu" { "Tables" }
                    div .search role="search" hidden {
                        input #search type="search" role="combobox" autocomplete="off" spellcheck="false"
                            placeholder="Search tables, columns, labels, comments" aria-label="Search the schema"
                            aria-expanded="false" aria-controls="results" aria-autocomplete="list";
                        kbd aria-hidden="true" { "/" }
                        ul #results role="listbox" aria-label="Results" hidden {}
                    }
                    button #theme type="button" aria-pressed="false" aria-label="Dark theme" title="Dark theme" hidden {}
                }
                div .frame {
                    main #main tabindex="-1" {
                        (main)
                        footer {
                            "Generated from " code { "schema.yaml" } " by "
                            code { "cargo xtask schema docs" } ". The same as "
                            a href=(markdown) { "Markdown" } " and " a href={ (root) "schema.json" } { "JSON" } "."
                        }
                    }
                    nav #menu aria-label="Tables" {
                        a href={ (root) "index.html" } aria-current=[here("index.html")] { "Overview" }
                        a href={ (root) "types.html" } aria-current=[here("types.html")] { "Enums and functions" }
                        @for area in &model.areas {
                            h2 .(area_class(model, area.name)) { (area.title) }
                            ul {
                                @for table in &area.tables {
                                    @let target = format!("tables/{table}.html");
                                    li { a href={ (root) (target) } aria-current=[here(&target)] { (table) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    let mut text = markup.into_string();
    for tag in LINES {
        text = text.replace(tag, &format!("\n{tag}"));
    }
    text + "\n"
}

/// A diagram with what moves and enlarges it.
pub(super) fn figure(svg: &Markup, caption: &Markup) -> Markup {
    html! {
        figure .diagram {
            div .canvas tabindex="0" role="group" aria-label="Diagram: arrow keys move it, + and - zoom, 0 shows all" {
                (svg)
            }
            figcaption {
                span { (caption) }
                span .tools hidden {
                    button type="button" data-zoom="out" aria-label="Zoom out" title="Zoom out (-)" { "−" }
                    button type="button" data-zoom="in" aria-label="Zoom in" title="Zoom in (+)" { "+" }
                    button type="button" data-zoom="all" title="Show all (0)" { "Show all" }
                }
            }
        }
    }
}

/// A comment: what stands between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (nth, piece) in text.split('`').enumerate() {
            @if nth % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// A name that may go on in the next line after each `_`.
pub(super) fn breakable(name: &str) -> Markup {
    html! {
        @for (nth, word) in name.split('_').enumerate() {
            @if nth > 0 { "_" wbr; }
            (word)
        }
    }
}

/// What kind of personal data something holds.
pub(super) fn personal(kind: &str) -> Markup {
    html! { span .badge .personal .(kind) title="Personal data" { (kind) } }
}
