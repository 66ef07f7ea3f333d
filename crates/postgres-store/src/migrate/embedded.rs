//! The migrations, as they are embedded.

use sql_store::{Migration, Step};

macro_rules! embed {
    ($first:literal, $($($kind:ident)? $name:literal),* $(,)?) => {
        /// Hasura Auth's schema, which an existing installation already has.
        pub(super) const FIRST: Migration = migration!($first);
        /// All others, in order.
        pub(super) const OTHERS: &[Migration] = &[$(migration!($($kind)? $name)),*];
    };
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            step: Step::Tables(script!($name, "/up.sql")),
        }
    };
    (indexes $name:literal) => {
        Migration {
            name: $name,
            step: Step::Indexes(script!($name, "/concurrently.sql")),
        }
    };
}

macro_rules! script {
    ($name:literal, $file:literal) => {
        include_str!(concat!("../../../../migrations/postgres/", $name, $file))
    };
}

sql_store::migrations!(embed);

/// All of them, in order.
pub(super) fn all() -> impl Iterator<Item = &'static Migration> {
    std::iter::once(&FIRST).chain(OTHERS)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_folder_is_embedded_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
        let mut folders: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort_unstable();

        let embedded = std::iter::once(&FIRST).chain(OTHERS);
        assert_eq!(embedded.map(|it| it.name).collect::<Vec<_>>(), folders);
    }
}
