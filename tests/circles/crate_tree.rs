//! The module tree of a crate, as its files declare it.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// All modules of a crate.
pub(crate) struct CrateTree {
    /// The first is the root.
    pub(crate) modules: Vec<Module>,
    /// Paths below the folder of the root.
    pub(crate) files: Vec<String>,
}

/// One module; several of them may stand in one file.
pub(crate) struct Module {
    pub(crate) file: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) children: HashMap<String, usize>,
    pub(crate) imports: Vec<Import>,
    /// The names of its items.
    pub(crate) items: HashSet<String>,
    /// Everything but `use` and `mod`.
    pub(crate) code: Vec<TokenStream>,
}

/// One name, or a glob, of a `use`.
#[derive(Clone)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// `None` for a glob.
    pub(crate) name: Option<String>,
    /// Whether it is re-exported to other modules.
    pub(crate) is_handed_on: bool,
}

impl CrateTree {
    /// Reads a crate from the file of its root.
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self {
            modules: Vec::new(),
            files: Vec::new(),
        };
        let folder = root.parent().unwrap();
        let mut reader = Reader {
            tree: &mut tree,
            folder,
        };
        reader.file(root, folder, None);
        tree
    }
}

struct Reader<'a> {
    tree: &'a mut CrateTree,
    folder: &'a Path,
}

impl Reader<'_> {
    /// Reads a file; modules that it declares are below `folder`.
    fn file(&mut self, path: &Path, folder: &Path, parent: Option<usize>) -> usize {
        let text = fs::read_to_string(path).unwrap();
        let parsed = syn::parse_file(&text).unwrap();
        let file = self.file_number(path);
        self.module(parsed.items, file, folder, parent)
    }

    /// A file that is mounted twice is one file.
    fn file_number(&mut self, path: &Path) -> usize {
        let path = path.canonicalize().unwrap();
        let folder = self.folder.canonicalize().unwrap();
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = name.to_string_lossy().into_owned();
        let known = self.tree.files.iter().position(|it| *it == name);
        known.unwrap_or_else(|| {
            self.tree.files.push(name);
            self.tree.files.len() - 1
        })
    }

    fn module(
        &mut self,
        items: Vec<Item>,
        file: usize,
        folder: &Path,
        parent: Option<usize>,
    ) -> usize {
        let number = self.tree.modules.len();
        self.tree.modules.push(Module {
            file,
            parent,
            children: HashMap::new(),
            imports: Vec::new(),
            items: HashSet::new(),
            code: Vec::new(),
        });
        for item in items {
            if !is_for_tests(attributes(&item)) {
                self.item(item, number, folder);
            }
        }
        number
    }

    fn item(&mut self, item: Item, module: usize, folder: &Path) {
        match item {
            Item::Mod(child) => self.child(child, module, folder),
            Item::Use(import) => {
                let imports = imports(&import);
                self.tree.modules[module].imports.extend(imports);
            }
            other => {
                let here = &mut self.tree.modules[module];
                here.items.extend(name_of(&other));
                here.code.push(other.into_token_stream());
            }
        }
    }

    fn child(&mut self, child: ItemMod, parent: usize, folder: &Path) {
        let name = child.ident.to_string();
        let below = folder.join(&name);
        let number = if let Some((_, items)) = child.content {
            let file = self.tree.modules[parent].file;
            self.module(items, file, &below, Some(parent))
        } else {
            let path = file_of(&child.attrs, &name, folder);
            let below = if path.ends_with("mod.rs") {
                path.parent().unwrap().to_owned()
            } else {
                path.with_extension("")
            };
            self.file(&path, &below, Some(parent))
        };
        self.tree.modules[parent].children.insert(name, number);
    }
}

/// `#[path = "…"]`, or one of the two usual places.
fn file_of(attributes: &[Attribute], name: &str, folder: &Path) -> PathBuf {
    let given = attributes.iter().find(|it| it.path().is_ident("path"));
    if let Some(given) = given {
        let text = given
            .meta
            .require_name_value()
            .unwrap()
            .value
            .to_token_stream();
        return folder.join(text.to_string().trim_matches('"'));
    }
    let beside = folder.join(format!("{name}.rs"));
    if beside.exists() {
        beside
    } else {
        folder.join(name).join("mod.rs")
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_of_tests = |it: &Attribute| {
        let condition = it.meta.require_list().map(|it| it.tokens.to_string());
        condition.is_ok_and(|it| it == "test" || it.starts_with("all (test"))
    };
    attributes
        .iter()
        .any(|it| it.path().is_ident("cfg") && is_of_tests(it))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::Type(it) => &it.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Every name of a `use`.
pub(crate) fn imports(import: &ItemUse) -> Vec<Import> {
    let is_handed_on = !matches!(import.vis, Visibility::Inherited);
    let mut found = Vec::new();
    collect(&import.tree, &mut Vec::new(), is_handed_on, &mut found);
    found
}

fn collect(tree: &UseTree, path: &mut Vec<String>, is_handed_on: bool, found: &mut Vec<Import>) {
    let mut add = |path: Vec<String>, name| {
        found.push(Import {
            path,
            name,
            is_handed_on,
        });
    };
    match tree {
        UseTree::Path(it) => {
            path.push(it.ident.to_string());
            collect(&it.tree, path, is_handed_on, found);
            path.pop();
        }
        UseTree::Name(it) if it.ident == "self" => add(path.clone(), path.last().cloned()),
        UseTree::Name(it) => {
            let name = it.ident.to_string();
            add(
                [path.as_slice(), std::slice::from_ref(&name)].concat(),
                Some(name),
            );
        }
        UseTree::Rename(it) => {
            let inner = it.ident.to_string();
            let whole = if inner == "self" {
                path.clone()
            } else {
                [path.as_slice(), &[inner]].concat()
            };
            add(whole, Some(it.rename.to_string()));
        }
        UseTree::Glob(_) => add(path.clone(), None),
        UseTree::Group(it) => {
            for tree in &it.items {
                collect(tree, path, is_handed_on, found);
            }
        }
    }
}
