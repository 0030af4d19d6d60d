//! Where boxes stand and which way the lines between them take: layers from left to right, lines only in the gaps between
//! boxes, so that none runs across a box.

use super::layers::{Link, order, ranks, turned};

/// A box to be placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line to be drawn, from left to right where nothing speaks against it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// How far below the top of its box it begins and ends; `None` spreads the ends of a side evenly.
    pub(super) ports: Option<(i32, i32)>,
}

/// Distances, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gaps {
    /// Between two layers.
    pub(super) layers: i32,
    /// Between two boxes of a layer.
    pub(super) boxes: i32,
    /// Between two ends of lines on one side of a box.
    pub(super) ends: i32,
}

/// A box in its place. All boxes of a layer are equally wide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// The way of a line: points, from left to right. Between every second pair it runs level.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) points: Vec<(i32, i32)>,
    /// Whether the line begins at its right end.
    pub(super) turned: bool,
}

/// Everything in its place, from 0,0.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// In the order of the nodes.
    pub(super) places: Vec<Place>,
    /// In the order of the edges. A line from a box to itself begins and ends on its right side.
    pub(super) routes: Vec<Route>,
}

/// How wide a row of boxes without lines may be.
const ROW: i32 = 900;
/// Between a line that passes a layer and what is beside it.
const PASS: i32 = 14;
/// How far a line from a box to itself sticks out.
pub(super) const LOOP: i32 = 34;

/// Places boxes and lines.
pub(super) fn layout(nodes: &[Node], edges: &[Edge], gaps: Gaps) -> Layout {
    let mut grid = Grid::of(nodes, edges, gaps);
    grid.settle();
    grid.place_alone();
    let routes: Vec<Route> = (0..edges.len()).map(|edge| grid.route(edge)).collect();
    let places = &grid.places[..nodes.len()];
    let loops = edges.iter().any(|edge| edge.from == edge.to);
    let right = places.iter().map(|place| place.x + place.width).max();
    let bottom = places.iter().map(|place| place.y + place.height);
    let lines = routes.iter().flat_map(|route| &route.points);
    Layout {
        width: right.unwrap_or_default() + if loops { LOOP } else { 0 },
        height: bottom
            .chain(lines.map(|(_, y)| *y))
            .max()
            .unwrap_or_default(),
        places: places.to_vec(),
        routes,
    }
}

/// Boxes, and the points where lines pass a layer: those have a place, too, numbered after the boxes.
struct Grid<'a> {
    edges: &'a [Edge],
    gaps: Gaps,
    boxes: usize,
    places: Vec<Place>,
    /// What stands in each layer, from top to bottom.
    layers: Vec<Vec<usize>>,
    /// What each edge leads through, from left to right.
    ways: Vec<Vec<usize>>,
    turned: Vec<bool>,
}

impl<'a> Grid<'a> {
    fn of(nodes: &[Node], edges: &'a [Edge], gaps: Gaps) -> Self {
        let boxes = nodes.len();
        let mut pairs: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let turned = turned(boxes, &pairs);
        for (pair, _) in pairs.iter_mut().zip(&turned).filter(|(_, turned)| **turned) {
            *pair = (pair.1, pair.0);
        }
        let proper: Vec<_> = pairs.iter().copied().filter(|(a, b)| a != b).collect();
        let ranks = ranks(boxes, &proper);
        let mut layers = vec![Vec::new(); ranks.iter().max().map_or(0, |last| last + 1)];
        for node in (0..boxes).filter(|node| proper.iter().any(|(a, b)| a == node || b == node)) {
            layers[ranks[node]].push(node);
        }
        let mut places: Vec<Place> = nodes
            .iter()
            .map(|node| Place {
                x: 0,
                y: 0,
                width: node.width,
                height: node.height,
            })
            .collect();
        let mut ways = Vec::new();
        for (from, to) in pairs {
            let mut way = vec![from];
            for layer in layers.iter_mut().take(ranks[to]).skip(ranks[from] + 1) {
                way.push(places.len());
                layer.push(places.len());
                places.push(Place {
                    x: 0,
                    y: 0,
                    width: 0,
                    height: 0,
                });
            }
            way.push(to);
            ways.push(way);
        }
        let mut grid = Self {
            edges,
            gaps,
            boxes,
            places,
            layers,
            ways,
            turned,
        };
        let below = |edge, node: usize| {
            let height = grid.places[node].height.max(1);
            usize::try_from(grid.port(edge, node) * 1000 / height).unwrap_or_default()
        };
        let links: Vec<Link> = grid
            .steps()
            .map(|(edge, from, to)| Link {
                from,
                to,
                leaves: below(edge, from),
                enters: below(edge, to),
            })
            .collect();
        order(&mut grid.layers, &links);
        grid
    }

    /// Every way in steps from a layer to the next: the edge, where the step begins and where it ends.
    fn steps(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let ways = self.ways.iter().enumerate();
        ways.flat_map(|(edge, way)| way.windows(2).map(move |step| (edge, step[0], step[1])))
            .filter(|(_, from, to)| from != to)
    }

    /// How far below the top of a box an edge meets it.
    fn port(&self, edge: usize, node: usize) -> i32 {
        match self.edges[edge].ports {
            Some((start, _)) if node == self.edges[edge].from => start,
            Some((_, end)) if node == self.edges[edge].to => end,
            _ => self.places[node].height / 2,
        }
    }

    /// Gives everything in the layers its coordinates: each as level with its neighbours as those beside it allow.
    fn settle(&mut self) {
        let mut x = 0;
        for layer in self.layers.clone() {
            let width = layer.iter().map(|node| self.places[*node].width).max();
            for node in &layer {
                self.places[*node].x = x;
                self.places[*node].width = width.unwrap_or_default();
            }
            x += width.unwrap_or_default() + self.gaps.layers;
            self.stack(&layer, &vec![0; layer.len()]);
        }
        for sweep in 0..16 {
            let forward = sweep % 2 == 0;
            let mut layers = self.layers.clone();
            if !forward {
                layers.reverse();
            }
            for layer in layers {
                let wishes: Vec<_> = layer.iter().map(|node| self.wish(*node, forward)).collect();
                self.stack(&layer, &wishes);
            }
        }
        let all: Vec<usize> = self.layers.concat();
        let top = all.iter().map(|node| self.places[*node].y).min();
        for node in all {
            self.places[node].y -= top.unwrap_or_default();
        }
    }

    /// Where a node would be level with its neighbours to the left, or to the right.
    fn wish(&self, node: usize, to_the_left: bool) -> i32 {
        let levels = self.steps().filter_map(|(edge, from, to)| {
            let (other, here) = if to_the_left { (from, to) } else { (to, from) };
            let level = self.places[other].y + self.port(edge, other);
            (here == node).then(|| level - self.port(edge, node))
        });
        let (sum, count) = levels.fold((0, 0), |(sum, count), level| (sum + level, count + 1));
        i32::checked_div(sum, count).unwrap_or(self.places[node].y)
    }

    /// Places a layer from top to bottom, each as near to its wish as can be: those that would overlap form a block, which
    /// goes where its members wish on average.
    fn stack(&mut self, layer: &[usize], wishes: &[i32]) {
        // Sum of wishes, weight and number of members.
        let mut blocks: Vec<(i32, i32, usize)> = Vec::new();
        let mut offsets = Vec::new();
        let mut offset = 0;
        for (at, node) in layer.iter().enumerate() {
            if at > 0 {
                offset += self.places[layer[at - 1]].height + self.gap(layer[at - 1], *node);
            }
            offsets.push(offset);
            // A line that passes should not bend.
            let weight = if *node < self.boxes { 1 } else { 3 };
            blocks.push(((wishes[at] - offset) * weight, weight, 1));
            while let [.., above, below] = &blocks[..]
                && above.0 * below.1 > below.0 * above.1
            {
                let joined = (above.0 + below.0, above.1 + below.1, above.2 + below.2);
                blocks.truncate(blocks.len() - 2);
                blocks.push(joined);
            }
        }
        let mut members = layer.iter().zip(offsets);
        for (sum, weight, count) in blocks {
            for (node, offset) in members.by_ref().take(count) {
                self.places[*node].y = sum / weight + offset;
            }
        }
    }

    fn gap(&self, above: usize, below: usize) -> i32 {
        let both_boxes = above < self.boxes && below < self.boxes;
        if both_boxes { self.gaps.boxes } else { PASS }
    }

    /// Boxes without lines come in rows below all others.
    fn place_alone(&mut self) {
        let in_layers = self.layers.concat();
        let placed = in_layers.iter().map(|node| &self.places[*node]);
        let (right, bottom) = placed.fold((0, 0), |(right, bottom), place| {
            (
                right.max(place.x + place.width),
                bottom.max(place.y + place.height + self.gaps.boxes),
            )
        });
        let (mut x, mut y, mut row) = (0, bottom, 0);
        for node in (0..self.boxes).filter(|node| !in_layers.contains(node)) {
            let place = &mut self.places[node];
            if x > 0 && x + place.width > right.max(ROW) {
                (x, y, row) = (0, y + row + self.gaps.boxes, 0);
            }
            (place.x, place.y) = (x, y);
            let sticks_out = self.edges.iter().any(|edge| edge.from == node);
            x += place.width + self.gaps.boxes + if sticks_out { LOOP } else { 0 };
            row = row.max(place.height);
        }
    }

    fn route(&self, edge: usize) -> Route {
        let way = &self.ways[edge];
        let (first, last) = (way[0], way[way.len() - 1]);
        let (left, right) = (&self.places[first], &self.places[last]);
        let begin = (left.x + left.width, left.y + self.end(edge, first, true));
        let mut points = vec![begin];
        if first == last {
            let (start, end) = self.edges[edge]
                .ports
                .unwrap_or((left.height / 3, left.height * 2 / 3));
            points = vec![(begin.0, left.y + start), (begin.0, left.y + end)];
        } else {
            for node in &way[1..way.len() - 1] {
                let Place { x, y, width, .. } = self.places[*node];
                points.extend([(x, y), (x + width, y)]);
            }
            points.push((right.x, right.y + self.end(edge, last, false)));
        }
        Route {
            points,
            turned: self.turned[edge],
        }
    }

    /// How far below the top of a box an edge meets its right or its left side, spread among the others there.
    fn end(&self, edge: usize, node: usize, on_the_right: bool) -> i32 {
        if self.edges[edge].ports.is_some() {
            return self.port(edge, node);
        }
        let mut beside: Vec<(i32, usize)> = self
            .steps()
            .filter(|(_, from, to)| node == if on_the_right { *from } else { *to })
            .map(|(edge, from, to)| {
                let other = &self.places[if on_the_right { to } else { from }];
                (other.y + other.height / 2, edge)
            })
            .collect();
        beside.sort_unstable();
        let count = i32::try_from(beside.len()).unwrap_or(1);
        let nth = (0..).zip(&beside).find(|(_, (_, other))| *other == edge);
        let nth = nth.map_or(0, |(nth, _)| nth);
        self.places[node].height / 2 + (2 * nth - (count - 1)) * self.gaps.ends / 2
    }
}
