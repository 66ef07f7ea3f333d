//! The layers of the workspace: which crate may depend on which.
//!
//! cargo only refuses circles. This test holds that dependencies point inward and that the domain has
//! no framework; see docs/architecture.md for why.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Each crate with the crates of this workspace it may depend on.
///
/// Tests may use more: edges of `dev-dependencies` are not looked at.
const LAYERS: &[(&str, &[&str])] = &[
    ("auth-domain", &[]),
    ("auth-crypto", &["auth-domain"]),
    ("store-testkit", &["auth-domain"]),
    ("sql-store", &["auth-domain"]),
    ("postgres-store", &["auth-domain", "sql-store"]),
    ("sqlite-store", &["auth-domain", "sql-store"]),
    ("mail-templates", &["auth-domain", "egress"]),
    ("smtp-mailer", &["auth-domain", "mail-templates"]),
    ("egress", &[]),
    ("hasura", &["auth-domain", "egress"]),
    ("hibp", &["auth-domain", "egress"]),
    ("redis-counter", &["auth-domain"]),
    ("turnstile", &["auth-domain", "egress"]),
    ("http-mailer", &["auth-domain", "egress", "mail-templates"]),
    ("sms-sender", &["auth-domain", "egress", "mail-templates"]),
    ("totp", &["auth-domain"]),
    ("webauthn", &["auth-domain"]),
    ("provider-kit", &["auth-domain", "egress"]),
    ("provider-apple", &["auth-domain", "egress", "provider-kit"]),
    (
        "provider-custom",
        &["auth-domain", "egress", "provider-kit"],
    ),
    (
        "provider-twitter",
        &["auth-domain", "egress", "provider-kit"],
    ),
    ("pages", &[]),
    ("private-files", &[]),
    (
        "outbox",
        &["auth-domain", "http-api", "mail-templates", "private-files"],
    ),
    ("settings", &[]),
    ("http-api", &["auth-domain", "pages"]),
    (
        "server",
        &[
            "auth-crypto",
            "auth-domain",
            "egress",
            "hasura",
            "hibp",
            "http-api",
            "http-mailer",
            "mail-templates",
            "outbox",
            "postgres-store",
            "private-files",
            "provider-kit",
            "redis-counter",
            "settings",
            "sms-sender",
            "smtp-mailer",
            "sqlite-store",
            "totp",
            "turnstile",
            "webauthn",
        ],
    ),
    ("embed", &["auth-crypto", "auth-domain", "sqlite-store"]),
    ("tests", &[]),
];

/// Identity providers that have no row of their own in [`LAYERS`].
const PROVIDER: &[&str] = &["auth-domain", "provider-kit"];

/// Every dependency that an embedder of the domain gets with it.
const DEPENDENCIES_OF_THE_DOMAIN: [&str; 14] = [
    "async-trait",
    "chrono",
    "data-encoding",
    "getrandom",
    "hmac",
    "md-5",
    "regex",
    "serde_json",
    "sha2",
    "thiserror",
    "tracing",
    "unicode-normalization",
    "url",
    "uuid",
];

/// Whether a crate is one identity provider.
fn is_provider(name: &str) -> bool {
    name.starts_with("provider-") && name != "provider-kit"
}

/// The allowed dependencies of a crate, if that was decided. The server connects all providers except
/// the template.
fn may_depend(name: &str, on: &str) -> Option<bool> {
    let row = LAYERS.iter().find(|(it, _)| *it == name);
    let allowed = match row {
        Some((_, allowed)) => allowed,
        None if is_provider(name) => PROVIDER,
        None => return None,
    };
    let is_connected = name == "server" && is_provider(on) && on != "provider-template";
    Some(is_connected || allowed.contains(&on))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn packages() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    command.exec().unwrap().packages
}

/// The dependencies of a crate: of the workspace, or from elsewhere.
fn dependencies(package: &Package, of_the_workspace: bool) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .filter(|dependency| dependency.path.is_some() == of_the_workspace)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn every_crate_has_a_layer() {
    let packages = packages();

    let crates: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();

    let layers: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let without: Vec<_> = crates
        .difference(&layers)
        .filter(|name| !is_provider(name))
        .collect();
    let gone: Vec<_> = layers.difference(&crates).collect();
    assert!(
        without.is_empty(),
        "decide the layer of {without:?} in tests/layers.rs"
    );
    assert!(
        gone.is_empty(),
        "{gone:?} no longer exist: remove them from tests/layers.rs"
    );
}

#[test]
fn dependencies_point_inward() {
    let packages = packages();

    for package in &packages {
        let name = package.name.as_str();
        let outward: Vec<_> = dependencies(package, true)
            .into_iter()
            .filter(|dependency| may_depend(name, dependency) == Some(false))
            .collect();

        assert!(outward.is_empty(), "{name} must not depend on {outward:?}");
    }
}

#[test]
fn the_domain_depends_on_nothing_else() {
    let packages = packages();
    let domain = packages
        .iter()
        .find(|package| package.name.as_str() == "auth-domain")
        .unwrap();

    let actual = dependencies(domain, false);

    assert_eq!(
        actual,
        DEPENDENCIES_OF_THE_DOMAIN.into(),
        "whoever embeds auth-domain gets these too: is it worth it? Then change the list"
    );
}

/// The port fakes of `auth-domain` hand out tokens that an attacker can guess. Cargo unifies features
/// over everything that is built together, so one crate would switch them on for all.
#[test]
fn nothing_is_built_with_what_is_for_tests() {
    let packages = packages();

    for package in &packages {
        let wanted = package
            .dependencies
            .iter()
            .filter(|it| it.kind != DependencyKind::Development);
        for dependency in wanted {
            let has_fakes = dependency.features.iter().any(|it| it == "testing");
            let is_for_tests = has_fakes || dependency.name == "store-testkit";
            let name = &package.name;
            assert!(
                !is_for_tests || name.as_str() == "store-testkit",
                "{name} may use {} in its tests only",
                dependency.name
            );
        }
    }
}

#[test]
fn the_page_on_architecture_describes_every_crate() {
    let page = read("docs/architecture.md");
    let map = page
        .split("\n## ")
        .find(|section| section.starts_with("Code map"))
        .unwrap();
    // The crates stand in the map as **`name`**; a folder of them ends with a slash.
    let crates = root().join("crates");
    let described: BTreeSet<String> = map
        .split("**`")
        .skip(1)
        .filter_map(|rest| rest.split("`**").next())
        .filter(|name| !name.ends_with('/') || crates.join(name).is_dir())
        .map(str::to_owned)
        .collect();

    let folders: BTreeSet<String> = fs::read_dir(&crates)
        .unwrap()
        .map(|folder| {
            let folder = folder.unwrap();
            let name = folder.file_name().into_string().unwrap();
            if folder.path().join("Cargo.toml").exists() {
                name
            } else {
                format!("{name}/")
            }
        })
        .collect();

    assert_eq!(
        described, folders,
        "docs/architecture.md and crates/ differ"
    );
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = read("Cargo.toml");
    let section = manifest
        .split("\n[")
        .find(|part| part.starts_with("workspace.dep"))
        .unwrap();
    let lines: Vec<&str> = section.lines().skip(1).collect();

    let silent: Vec<_> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.contains('=') && !line.starts_with('#'))
        .filter(|(_, line)| !line.contains("path = \"crates/"))
        .filter(|(number, _)| {
            let above = number.checked_sub(1).and_then(|above| lines.get(above));
            !above.is_some_and(|above| above.starts_with("# "))
        })
        .map(|(_, line)| line)
        .collect();

    assert!(
        silent.is_empty(),
        "say in one sentence above what it is for: {silent:#?}"
    );
}
