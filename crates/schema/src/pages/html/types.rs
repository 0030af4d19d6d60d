//! `types.html`: enums with their labels and life cycles, and functions.

use maud::{Markup, html};

use super::super::diagram;
use super::super::model::{Enum, Function, LifeCycle, Model};
use super::shell::{Page, figure, page, prose};

pub(in super::super) fn types(model: &Model<'_>) -> String {
    let main = html! {
        h1 { "Enums and functions" }
        p .lead { "The words that columns may hold, and what triggers call." }
        ul .inline {
            @for one in &model.enums { li { a href={ "#enum-" (one.name) } { (one.name) } } }
            @for one in &model.functions { li { a href={ "#function-" (one.name) } { (one.name) "()" } } }
        }
        @for one in &model.enums { (enumeration(one)) }
        @for function in &model.functions { (procedure(model, function)) }
    };
    page(
        model,
        &Page {
            title: "Enums and functions",
            root: "",
            path: "types.html",
            markdown: "types.md",
            main,
        },
    )
}

/// The diagram of a life cycle; `page` is where the enum is described, empty if that is here.
pub(super) fn life_cycle_figure(one: &Enum<'_>, cycle: &LifeCycle<'_>, page: &str) -> Markup {
    figure(
        &diagram::life_cycle(one, cycle),
        &html! {
            @if page.is_empty() { (one.name) } @else { a href={ (page) "#enum-" (one.name) } { (one.name) } }
            ": double lines are final."
        },
    )
}

fn enumeration(one: &Enum<'_>) -> Markup {
    html! {
        section .enum aria-labelledby={ "enum-" (one.name) } {
            h2 id={ "enum-" (one.name) } { a .anchor href={ "#enum-" (one.name) } { (one.name) } }
            p { (prose(one.comment)) }
            @if let Some(cycle) = &one.life_cycle { (life_cycle_figure(one, cycle, "")) }
            table .named {
                thead { tr { th scope="col" { "Label" } th scope="col" { "Meaning" } } }
                tbody {
                    @for label in &one.labels {
                        tr { th scope="row" { (label.name) } td { (prose(label.comment)) } }
                    }
                }
            }
            @if !one.used_by.is_empty() {
                p .used-by { "Used by "
                    @for (nth, column) in one.used_by.iter().enumerate() {
                        @if nth > 0 { ", " }
                        @if let Some((table, name)) = column.split_once('.') {
                            a href={ "tables/" (table) ".html#column-" (name) } { (column) }
                        }
                    }
                }
            }
        }
    }
}

fn procedure(model: &Model<'_>, function: &Function<'_>) -> Markup {
    let callers = model.tables.iter().filter(|table| {
        let mut triggers = table.triggers.iter();
        triggers.any(|trigger| trigger.calls == function.name)
    });
    html! {
        section .function aria-labelledby={ "function-" (function.name) } {
            h2 id={ "function-" (function.name) } {
                a .anchor href={ "#function-" (function.name) } { (function.name) "()" }
            }
            p { (prose(function.comment)) " Returns " code { (function.returns) } ", in " (function.language) "." }
            pre { code { (function.body) } }
            p .used-by { "Called by triggers of "
                @for (nth, table) in callers.enumerate() {
                    @if nth > 0 { ", " }
                    a href={ "tables/" (table.name) ".html#triggers" } { (table.name) }
                }
            }
        }
    }
}
