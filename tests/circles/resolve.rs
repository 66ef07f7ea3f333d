//! Name resolution: the item or module that a path names.

use crate::crate_tree::{CrateTree, Import};

/// The target of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Module(usize),
    /// An item of this module.
    Item(usize),
    /// Something of another crate, or of the function it stands in.
    Elsewhere,
}

/// Most re-exports that are followed; more would be a name that refers to itself.
const DEPTH: usize = 16;

/// Resolves `path` in `module`.
pub(crate) fn resolve(tree: &CrateTree, module: usize, path: &[String]) -> Target {
    walk(tree, module, path, DEPTH)
}

fn walk(tree: &CrateTree, module: usize, path: &[String], depth: usize) -> Target {
    let (Some((first, rest)), Some(depth)) = (path.split_first(), depth.checked_sub(1)) else {
        return Target::Elsewhere;
    };
    let mut target = match first.as_str() {
        "crate" => Target::Module(0),
        "self" => Target::Module(module),
        "super" => tree.modules[module]
            .parent
            .map_or(Target::Elsewhere, Target::Module),
        name => named(tree, module, name, depth).unwrap_or(Target::Elsewhere),
    };
    for name in rest {
        let Target::Module(inside) = target else {
            return target;
        };
        target = match name.as_str() {
            "super" => tree.modules[inside]
                .parent
                .map_or(Target::Elsewhere, Target::Module),
            // Items made by macros are not seen; they count where their name is looked up.
            name => named(tree, inside, name, depth).unwrap_or(Target::Item(inside)),
        };
    }
    target
}

/// Resolves `name` in a module.
fn named(tree: &CrateTree, module: usize, name: &str, depth: usize) -> Option<Target> {
    let here = &tree.modules[module];
    if let Some(child) = here.children.get(name) {
        return Some(Target::Module(*child));
    }
    if here.items.contains(name) {
        return Some(Target::Item(module));
    }
    let is_it = |it: &&Import| it.name.as_deref() == Some(name);
    if let Some(import) = here.imports.iter().find(is_it) {
        return Some(through(tree, module, import, depth));
    }
    let mut globs = here.imports.iter().filter(|it| it.name.is_none());
    globs.find_map(|glob| match through(tree, module, glob, depth) {
        Target::Module(inside) if inside != module => {
            named(tree, inside, name, depth.checked_sub(1)?)
        }
        _ => None,
    })
}

/// A `use` of another crate's name may look like one of a module of ours.
fn through(tree: &CrateTree, module: usize, import: &Import, depth: usize) -> Target {
    let is_its_own_name = import.path.len() == 1 && import.path.first() == import.name.as_ref();
    if is_its_own_name {
        return Target::Elsewhere;
    }
    let first = import.path.first().map(String::as_str);
    let is_import_of_itself = import.name.as_deref() == first && first.is_some();
    if is_import_of_itself
        && !tree.modules[module]
            .children
            .contains_key(first.unwrap_or(""))
    {
        return Target::Elsewhere;
    }
    walk(tree, module, &import.path, depth)
}
