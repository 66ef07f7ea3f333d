//! A table for tests.

use crate::{Kind, Optional, Rule, Section, Setting, Table, section};

section! {
    /// The sections `server` and `log`.
    const SERVER = "The server";

    PORT: Setting<u16> =
        Setting::new("server.port", "X_PORT", Kind::integer(0, 65535), "Port to listen on.")
            .preset("4000");

    CONCEAL_ERRORS: Setting<bool> =
        Setting::new("server.conceal_errors", "X_CONCEAL", Kind::FLAG, "Whether errors are concealed.")
            .preset("false")
            .protective();

    LEVEL: Setting<String, Optional> =
        Setting::new("log.level", "X_LEVEL", Kind::text(&Rule::ANY), "Lines to write.");

    HOST: Setting<String, Optional> =
        Setting::new("smtp.host", "X_SMTP", Kind::text(&Rule::NOT_BLANK), "Where mail goes.");
}

section! {
    /// The sections `accounts`, `database` and `jwt`.
    const DATA = "Data";

    ROLE: Setting<String, Optional> =
        Setting::new("accounts.default_role", "X_ROLE", Kind::text(&Rule::ANY), "A role.");

    URL: Setting<u16, Optional> =
        Setting::new("database.url", "X_URL", Kind::text(&NUMBER), "The database.").secret();

    SECRET: Setting<String, Optional> =
        Setting::new("jwt.secret", "X_SECRET", Kind::text(&Rule::ANY), "A key.").secret();
}

const NUMBER: Rule<u16> = Rule::new("a number", |text| text.parse().ok());

/// All settings.
pub(crate) const TABLE: Table = Table {
    program: "demo",
    prefix: "X_",
    file_variable: "X_CONFIG_FILE",
    usual_files: &["demo.toml"],
    ignored_variables: &[],
    sections: &[ALL],
};

const ALL: &[Section] = &[SERVER, DATA];
