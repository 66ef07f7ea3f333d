//! No circular imports between the files of a crate.
//!
//! Files in a circle can only be read, moved and tested together. The cause is mostly one item in the
//! wrong file. cargo refuses circular crates; this test refuses circular files in each crate.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod components;
mod crate_tree;
mod references;
mod resolve;

use std::{collections::BTreeSet, fmt, path::Path};

use cargo_metadata::{MetadataCommand, TargetKind};

use crate_tree::CrateTree;

/// A circle that is still allowed.
#[derive(Debug)]
struct Known {
    /// The crate.
    of: &'static str,
    /// One of its files.
    through: &'static str,
    /// The most files that it may have.
    files: usize,
}

const fn known(of: &'static str, through: &'static str, files: usize) -> Known {
    Known { of, through, files }
}

/// The list may shrink, and not grow.
const KNOWN: &[Known] = &[
    // Filters hold paths and paths hold filters: they are evaluated recursively.
    known("hasura", "path/evaluate.rs", 2),
];

/// A circle that was found.
struct Circle {
    of: String,
    files: Vec<String>,
    /// Within the circle.
    imports: Vec<(String, String)>,
}

impl Circle {
    fn is(&self, known: &Known) -> bool {
        self.of == known.of && self.files.iter().any(|it| it == known.through)
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {} files:", self.of, self.files.len())?;
        for (from, to) in &self.imports {
            writeln!(f, "  {from} imports {to}")?;
        }
        Ok(())
    }
}

fn circles_in(name: &str, root: &Path) -> Vec<Circle> {
    let tree = CrateTree::read(root);
    let edges = references::between_files(&tree);
    let file = |it: &usize| tree.files[*it].clone();
    components::circles(tree.files.len(), &edges)
        .iter()
        .map(|circle| Circle {
            of: name.to_owned(),
            files: circle.iter().map(file).collect(),
            imports: edges
                .iter()
                .filter(|(from, to)| circle.contains(from) && circle.contains(to))
                .map(|(from, to)| (file(from), file(to)))
                .collect(),
        })
        .collect()
}

fn circles() -> Vec<Circle> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut command = MetadataCommand::new();
    let metadata = command.manifest_path(manifest).no_deps().exec().unwrap();
    let mut found = Vec::new();
    for package in &metadata.packages {
        let targets = package.targets.iter();
        let built = targets.filter(|it| it.is_kind(TargetKind::Lib) || it.is_kind(TargetKind::Bin));
        for target in built {
            found.extend(circles_in(&package.name, target.src_path.as_std_path()));
        }
    }
    found
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let found = circles();

    let is_known = |circle: &Circle| {
        let mut known = KNOWN.iter().filter(|it| circle.is(it));
        known.any(|it| circle.files.len() <= it.files)
    };
    let new: Vec<_> = found.iter().filter(|it| !is_known(it)).collect();
    let new: String = new.into_iter().map(ToString::to_string).collect();
    assert!(
        new.is_empty(),
        "files import each other in new or larger circles:\n{new}"
    );

    let is_gone = |known: &&Known| !found.iter().any(|it| it.is(known));
    let gone: Vec<_> = KNOWN.iter().filter(is_gone).collect();
    assert!(
        gone.is_empty(),
        "remove from the list in tests/circles/main.rs: {gone:#?}"
    );
}

/// Writes a crate of these files, and finds its circles.
fn circles_of(files: &[(&str, &str)]) -> BTreeSet<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let circles = circles_in("a-crate", &folder.path().join("lib.rs"));
    circles.into_iter().map(|it| it.files).collect()
}

#[test]
fn a_circle_is_found_by_use_by_path_and_inside_of_macros() {
    for back in [
        "use crate::a::A;",
        "use super::a::A as Other;",
        "fn f() -> crate::a::A { loop {} }",
        "fn f() { use super::a; let _ = a::A; }",
        "fn f() { println!(\"{}\", crate::a::A::NAME) }",
        "use super::*; fn f() -> a::A { loop {} }",
        "use crate::facade::A;",
    ] {
        let found = circles_of(&[
            ("lib.rs", "mod a; mod b; mod facade;"),
            ("facade.rs", "pub use crate::a::A;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", &format!("{back} pub struct B;")),
        ]);

        assert_eq!(
            found,
            [vec!["a.rs".to_owned(), "b.rs".to_owned()]].into(),
            "{back}"
        );
    }
}

#[test]
fn names_that_are_handed_on_and_tests_make_no_circle() {
    let found = circles_of(&[
        ("lib.rs", "mod a; pub use a::A;"),
        ("a/mod.rs", "mod b; pub use b::B; pub struct A;"),
        (
            "a/b.rs",
            "use super::A; pub struct B(A); #[cfg(test)] mod tests { use crate::A; }",
        ),
    ]);

    assert_eq!(found, BTreeSet::new());
}
