//! Unknown variables: names that begin like ours but belong to no setting.

use crate::{
    environment::Environment,
    loaded::Loaded,
    setting::Row,
    suggestion::{did_you_mean, distance},
    table::Table,
};

/// The greatest edit distance that counts as a typing mistake; see [`slip_of`].
const SLIP: usize = 2;

/// Shorter names may differ by a single letter: two would make `AUTH_TEST` of `AUTH_HOST`.
const LONG_NAME: usize = 12;

/// Warns of each unknown variable with our prefix; another program may read it. A typing mistake in the
/// name of a protective setting is a problem instead: running without protection that the operator
/// counts on would be worse.
pub(crate) fn report(environment: &Environment, loaded: &mut Loaded) {
    let table = loaded.settings.table();
    for name in environment.names() {
        if !begins_like_ours(table, name) || is_known(table, name) {
            continue;
        }
        match slip_of(table, name) {
            Some(meant) => loaded.problems.push(format!(
                "{name} is not a setting, and hardly differs from {meant}, which protects this \
                 server; correct the name, or choose another if it is not for this server"
            )),
            None if name.starts_with(table.prefix) => loaded.warnings.push(warning(table, name)),
            None => {}
        }
    }
}

fn begins_like_ours(table: &Table, name: &str) -> bool {
    let prefix = name.get(..table.prefix.len());
    prefix.is_some_and(|it| it.eq_ignore_ascii_case(table.prefix))
}

/// The variable of a protective setting that `name` was probably meant to be: the closest one within an
/// edit distance of two, ignoring case.
fn slip_of(table: &Table, name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    table
        .rows()
        .filter(|setting| setting.protective)
        .flat_map(Row::all_variables)
        .map(|known| (distance(&name, &known), known))
        .filter(|(letters, known)| {
            let tolerated = if known.len() < LONG_NAME { 1 } else { SLIP };
            *letters <= tolerated
        })
        .min()
        .map(|(_, known)| known)
}

fn warning(table: &Table, name: &str) -> String {
    let hint = did_you_mean(name, table.variables()).unwrap_or_default();
    format!("{name} is not a setting of this version and has no effect{hint}")
}

fn is_known(table: &Table, name: &str) -> bool {
    let file_of = name.strip_suffix("_FILE");
    table.variables().any(|known| known == name)
        || table.ignored_variables.contains(&name)
        || file_of.is_some_and(|it| is_secret(table, it))
}

fn is_secret(table: &Table, variable: &str) -> bool {
    table
        .rows()
        .filter(|setting| setting.secret)
        .any(|setting| setting.variables().any(|name| name == variable))
}
