//! The first half of a layered layout: which layer a box belongs to, and the order of the boxes in it.

/// An edge from one node to another, by number.
pub(super) type Pair = (usize, usize);

/// Turns edges round until no way leads back to where it began, and says which were turned.
pub(super) fn turned(nodes: usize, edges: &[Pair]) -> Vec<bool> {
    let mut turned = vec![false; edges.len()];
    let mut done = vec![false; nodes];
    for first in 0..nodes {
        let mut way = vec![(first, 0)];
        while let Some((node, next)) = way.pop() {
            if done[node] {
                continue;
            }
            let Some(edge) = (next..edges.len()).find(|edge| edges[*edge].0 == node) else {
                done[node] = true;
                continue;
            };
            way.push((node, edge + 1));
            let to = edges[edge].1;
            if way.iter().any(|(on_way, _)| *on_way == to) {
                turned[edge] = true;
            } else if !done[to] {
                way.push((to, 0));
            }
        }
    }
    turned
}

/// The layer of each node: right of everything that leads to it, and no further left than it must be of what it leads to.
pub(super) fn ranks(nodes: usize, edges: &[Pair]) -> Vec<usize> {
    let mut ranks = vec![0; nodes];
    for _ in 0..nodes {
        for (from, to) in edges {
            ranks[*to] = ranks[*to].max(ranks[*from] + 1);
        }
    }
    for node in 0..nodes {
        let leads_here = edges.iter().any(|(_, to)| *to == node);
        let nearest = edges.iter().filter(|(from, _)| *from == node);
        if let (false, Some(nearest)) = (leads_here, nearest.map(|(_, to)| ranks[*to]).min()) {
            ranks[node] = nearest - 1;
        }
    }
    ranks
}

/// A line from a node to one of the next layer, and how far down these two it begins and ends, in thousandths of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) leaves: usize,
    pub(super) enters: usize,
}

/// Orders the nodes of each layer so that few links cross: each goes where its links lead on average, layer by layer, back
/// and forth; the best order seen is kept.
pub(super) fn order(layers: &mut Vec<Vec<usize>>, links: &[Link]) {
    let mut best = layers.clone();
    let mut fewest = crossings(layers, links);
    for sweep in 0..12 {
        let forward = sweep % 2 == 0;
        let count = layers.len();
        for step in 1..count {
            let (layer, beside) = if forward {
                (step, step - 1)
            } else {
                (count - 1 - step, count - step)
            };
            let mut keyed: Vec<(usize, usize)> = Vec::new();
            for (at, node) in layers[layer].iter().enumerate() {
                let ends: Vec<usize> = links
                    .iter()
                    .filter_map(|link| match forward {
                        true if link.to == *node => level(&layers[beside], link.from, link.leaves),
                        false if link.from == *node => level(&layers[beside], link.to, link.enters),
                        _ => None,
                    })
                    .collect();
                let mean = ends.iter().sum::<usize>().checked_div(ends.len());
                keyed.push((mean.unwrap_or(at * 1000), *node));
            }
            keyed.sort_by_key(|(mean, _)| *mean);
            layers[layer] = keyed.into_iter().map(|(_, node)| node).collect();
        }
        let now = crossings(layers, links);
        if now < fewest {
            fewest = now;
            best.clone_from(layers);
        }
    }
    *layers = best;
}

/// How far down a layer something on a node is, in thousandths of a node.
fn level(layer: &[usize], node: usize, below: usize) -> Option<usize> {
    let nth = layer.iter().position(|other| *other == node)?;
    Some(nth * 1000 + below)
}

fn crossings(layers: &[Vec<usize>], links: &[Link]) -> usize {
    let mut sum = 0;
    for pair in layers.windows(2) {
        let between: Vec<(usize, usize)> = links
            .iter()
            .filter_map(|link| {
                let begin = level(&pair[0], link.from, link.leaves)?;
                Some((begin, level(&pair[1], link.to, link.enters)?))
            })
            .collect();
        for (n, one) in between.iter().enumerate() {
            let crosses = |other: &&(usize, usize)| {
                (one.0 < other.0 && one.1 > other.1) || (one.0 > other.0 && one.1 < other.1)
            };
            sum += between[n + 1..].iter().filter(crosses).count();
        }
    }
    sum
}
