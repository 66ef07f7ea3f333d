//! Variables that look like ours and are not.

use crate::{
    environment::Environment,
    loaded::Loaded,
    setting::Row,
    suggestion::{did_you_mean, distance},
    table::Table,
};

/// How many letters a slip takes at most; see [`slip_of`].
const SLIP: usize = 2;

/// Names below this length are told apart by a single letter: two would make `AUTH_TEST` of
/// `AUTH_HOST`.
const LONG_NAME: usize = 12;

/// Adds a warning for each variable that begins like a setting and is none: some other program may
/// read it. One that is a slip away from a setting that protects is a problem instead: it would be
/// worse to run without protection that an operator counts on.
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

/// The variable of a protective setting that `name` was probably meant to be: the closest one
/// within two letters, capitals aside.
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
