//! The dependency graph of a crate: which files refer to which.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::ItemUse;

use crate::{
    crate_tree::{CrateTree, Import, imports},
    resolve::{Target, resolve},
};

/// An edge from a file to one that it refers to.
pub(crate) type Edges = BTreeSet<(usize, usize)>;

/// Every reference from a file to another. Naming a module is none, but naming an item in it is. A
/// re-export is none either, unless the module uses the name itself.
pub(crate) fn between_files(tree: &CrateTree) -> Edges {
    let mut edges = Edges::new();
    for (number, module) in tree.modules.iter().enumerate() {
        let mut words = Words::default();
        module.code.iter().for_each(|it| words.read(it.clone()));
        let used = module.imports.iter().filter(|it| words.uses(it));
        let paths = used.map(|it| (&it.path, it.name.is_none()));
        let inner = words.imports.iter().map(|it| (&it.path, false));
        let written = words.paths.iter().map(|it| (it, false));
        for (path, is_glob) in paths.chain(inner).chain(written) {
            let file = match resolve(tree, number, path) {
                Target::Item(inside) => tree.modules[inside].file,
                Target::Module(inside) if is_glob => tree.modules[inside].file,
                _ => continue,
            };
            if file != module.file {
                edges.insert((module.file, file));
            }
        }
        edges.extend(by_inner_names(tree, number, &words));
    }
    edges
}

/// Paths that begin with a name imported inside a function.
fn by_inner_names(tree: &CrateTree, module: usize, words: &Words) -> Edges {
    let mut edges = Edges::new();
    let here = tree.modules[module].file;
    for path in &words.paths {
        let import = words
            .imports
            .iter()
            .find(|it| it.name.as_ref() == path.first());
        let Some(import) = import else { continue };
        let whole = [import.path.as_slice(), path.get(1..).unwrap_or_default()].concat();
        if let Target::Item(inside) = resolve(tree, module, &whole)
            && tree.modules[inside].file != here
        {
            edges.insert((here, tree.modules[inside].file));
        }
    }
    edges
}

/// The paths in the code of a module, macros included.
#[derive(Default)]
struct Words {
    names: BTreeSet<String>,
    /// Paths of two or more parts.
    paths: BTreeSet<Vec<String>>,
    /// Imports inside functions.
    imports: Vec<Import>,
}

impl Words {
    fn uses(&self, import: &Import) -> bool {
        let name = import.name.as_ref();
        !import.is_handed_on || name.is_some_and(|it| self.names.contains(it))
    }

    fn read(&mut self, code: TokenStream) {
        let mut tokens = code.into_iter().peekable();
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "use" => {
                    let rest = tokens.by_ref();
                    let rest = rest.take_while(|it| !is_punct(it, ';')).collect();
                    self.read_import(&rest);
                }
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(word.to_string());
                    self.names.insert(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(it) if it.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    colons = 0;
                    self.read(group.stream());
                }
                _ => {
                    self.end(&mut path);
                    colons = 0;
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            self.paths.insert(std::mem::take(path));
        }
        path.clear();
    }

    fn read_import(&mut self, tree: &TokenStream) {
        if let Ok(import) = syn::parse2::<ItemUse>(quote::quote!(use #tree;)) {
            self.imports.extend(imports(&import));
        }
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(it) if it.as_char() == character)
}
