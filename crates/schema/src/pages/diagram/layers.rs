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

/// Orders the nodes of each layer so that few edges cross: each goes where its neighbours are on average, layer by layer,
/// back and forth; the best order seen is kept. Edges lead from a layer to the next.
pub(super) fn order(layers: &mut Vec<Vec<usize>>, edges: &[Pair]) {
    let mut best = layers.clone();
    let mut fewest = crossings(layers, edges);
    for sweep in 0..12 {
        let forward = sweep % 2 == 0;
        let count = layers.len();
        for step in 1..count {
            let (layer, beside) = if forward {
                (step, step - 1)
            } else {
                (count - 1 - step, count - step)
            };
            let place = |node: usize| layers[beside].iter().position(|other| *other == node);
            let mut keyed: Vec<(usize, usize)> = Vec::new();
            for (at, node) in layers[layer].iter().enumerate() {
                let places: Vec<usize> = edges
                    .iter()
                    .filter_map(|(from, to)| match forward {
                        true if to == node => place(*from),
                        false if from == node => place(*to),
                        _ => None,
                    })
                    .collect();
                let sum: usize = places.iter().sum();
                let mean = (sum * 1000).checked_div(places.len());
                keyed.push((mean.unwrap_or(at * 1000), *node));
            }
            keyed.sort_by_key(|(mean, _)| *mean);
            layers[layer] = keyed.into_iter().map(|(_, node)| node).collect();
        }
        let now = crossings(layers, edges);
        if now < fewest {
            fewest = now;
            best.clone_from(layers);
        }
    }
    *layers = best;
}

fn crossings(layers: &[Vec<usize>], edges: &[Pair]) -> usize {
    let mut sum = 0;
    for pair in layers.windows(2) {
        let place = |layer: &[usize], node: usize| layer.iter().position(|other| *other == node);
        let between: Vec<(usize, usize)> = edges
            .iter()
            .filter_map(|(from, to)| Some((place(&pair[0], *from)?, place(&pair[1], *to)?)))
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
