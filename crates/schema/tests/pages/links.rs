//! Every link of every page leads somewhere.

use std::collections::BTreeSet;

use crate::site::{Site, is, repository_schema};

/// What stands between `before` and the next `after`, everywhere in a text.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    let pieces = text.split(before).skip(1);
    pieces
        .filter_map(|piece| Some(piece.split_once(after)?.0))
        .collect()
}

/// The file that a link in `from` leads to, and the place in it.
fn resolved<'l>(from: &str, link: &'l str) -> (String, Option<&'l str>) {
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    if path.is_empty() {
        return (from.to_owned(), anchor);
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = match path.strip_prefix("../") {
        Some(rest) => rest.to_owned(),
        None if folder.is_empty() => path.to_owned(),
        None => format!("{folder}/{path}"),
    };
    (path, anchor)
}

/// The places in a file that a link may name.
fn anchors(path: &str, text: &str) -> BTreeSet<String> {
    if is(path, "html") {
        let ids = between(text, " id=\"", "\"");
        return ids.into_iter().map(str::to_owned).collect();
    }
    let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    headings
        .map(|title| title.to_lowercase().replace(' ', "-"))
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_place_in_it() {
    let site = Site::of(&repository_schema());
    let mut seen = 0;
    for (path, text) in &site.files {
        let mut links = Vec::new();
        if is(path, "html") {
            links.extend(between(text, " href=\"", "\""));
            links.extend(between(text, " src=\"", "\""));
            links.retain(|link| *link != "data:,");
        } else if is(path, "md") {
            links.extend(between(text, "](", ")"));
        }
        for link in links {
            let (target, anchor) = resolved(path, link);
            let found = site.files.get(&target);
            let found = found.unwrap_or_else(|| panic!("{path}: {link} leads nowhere"));
            if let Some(anchor) = anchor {
                assert!(anchors(&target, found).contains(anchor), "{path}: {link}");
            }
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen} links");
}

#[test]
fn everything_that_the_search_knows_is_there() {
    let site = Site::of(&repository_schema());
    let (_, list) = site.file("search.js").split_once(" = ").unwrap();
    let entries: Vec<[String; 4]> =
        serde_json::from_str(list.trim_end().trim_end_matches(';')).unwrap();
    assert!(
        entries
            .iter()
            .any(|entry| entry[1] == "contacts.phone_number")
    );
    for [_, name, _, link] in &entries {
        let (target, anchor) = resolved("index.html", link);
        let page = site.file(&target);
        if let Some(anchor) = anchor {
            assert!(anchors(&target, page).contains(anchor), "{name}: {link}");
        }
    }
}

#[test]
fn no_place_has_the_name_of_another() {
    for (path, text) in Site::of(&repository_schema()).files {
        if is(&path, "html") {
            let ids = between(&text, " id=\"", "\"");
            let different: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(ids.len(), different.len(), "{path}");
        }
    }
}
