//! Circles of a graph: its strongly connected components of more than one node.

use std::collections::{BTreeMap, BTreeSet};

/// The circles in a graph of `nodes` numbered nodes.
pub(crate) fn circles(nodes: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<BTreeSet<usize>> {
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        (0..nodes).map(|it| (it, reachable(it, edges))).collect();
    let mut found = BTreeSet::new();
    for (node, others) in &reached {
        let with_way_back = others.iter().filter(|it| reached[it].contains(node));
        let circle: BTreeSet<usize> = with_way_back.copied().chain([*node]).collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reachable(from: usize, edges: &BTreeSet<(usize, usize)>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        let next = edges.range((node, 0)..=(node, usize::MAX));
        open.extend(next.map(|(_, to)| *to).filter(|to| reached.insert(*to)));
    }
    reached
}
