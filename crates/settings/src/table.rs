//! All settings of a program.

use crate::setting::Row;

/// All settings of a program, and how it is called where settings are talked about.
pub struct Table {
    /// The name of its executable.
    pub program: &'static str,
    /// The prefix of its variables: `DEMO_`. Unknown variables with this prefix are reported.
    pub prefix: &'static str,
    /// The variable that names the configuration file. It cannot be set in that file, so it is no
    /// setting.
    pub file_variable: &'static str,
    /// Where a configuration file is looked for when none is named.
    pub usual_files: &'static [&'static str],
    /// Variables that are ignored without a warning.
    pub ignored_variables: &'static [&'static str],
    /// The sections, in the order they are shown in.
    pub sections: &'static [&'static [Section]],
}

/// Settings that belong together; see [`section!`](crate::section).
#[derive(Clone, Copy)]
pub struct Section {
    /// What they are about, as a heading.
    pub title: &'static str,
    /// The settings, in the order they are shown in.
    pub settings: &'static [Row],
}

impl Table {
    /// Every section.
    pub fn sections(&self) -> impl Iterator<Item = &'static Section> + use<> {
        self.sections.iter().copied().flatten()
    }

    /// Every setting.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.sections().flat_map(|section| section.settings)
    }

    /// The setting with this key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<&'static Row> {
        self.rows().find(|row| row.key == key)
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.rows()
            .flat_map(Row::variables)
            .chain([self.file_variable])
    }
}

/// Makes constants of settings, and a [`Section`] of all of them in the order they stand in.
///
/// Settings between `_ {` and `}` have no name: no line of the program asks for them.
#[macro_export]
macro_rules! section {
    (
        $(#[$about:meta])*
        $visible:vis const $section:ident = $title:expr;

        $($(#[$doc:meta])* $name:ident: $type:ty = $setting:expr;)*
        $(_ { $($other:expr;)* })?
    ) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $type = $setting;
        )*

        $(#[$about])*
        $visible const $section: $crate::Section = $crate::Section {
            title: $title,
            settings: &[$($name.row(),)* $($($other.row(),)*)?],
        };
    };
}
