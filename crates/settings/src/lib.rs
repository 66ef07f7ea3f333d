//! Settings of a program, each of them written down once.
//!
//! A [`Setting`] is a constant that says everything about one setting: its names, the type of its value,
//! how that is read, what holds when it is not set, whether it is a secret, and one sentence for the
//! documentation. Constants stand in a [`section!`], sections in a [`Table`]; from the table come
//! the reading of files and variables ([`Loaded::read`]), the printed defaults ([`defaults`]), the
//! reference ([`reference()`]) and the list of what is in force ([`lines`]).
//!
//! [`Settings::get`] yields a value in the type of its setting:
//!
//! ```
//! use settings::{Environment, Kind, Loaded, Optional, Rule, Setting, Sources, Table, section};
//!
//! section! {
//!     /// Where the program listens.
//!     pub const SERVER = "The server";
//!
//!     PORT: Setting<u16> = Setting::new(
//!         "server.port",
//!         "DEMO_PORT",
//!         Kind::integer(0, 65535),
//!         "Port to listen on.",
//!     )
//!     .preset("4000");
//!
//!     MOTTO: Setting<String, Optional> =
//!         Setting::new("server.motto", "DEMO_MOTTO", Kind::text(&Rule::ANY), "Words to print.");
//! }
//!
//! const TABLE: Table = Table {
//!     program: "demo",
//!     prefix: "DEMO_",
//!     file_variable: "DEMO_CONFIG_FILE",
//!     usual_files: &["demo.toml"],
//!     ignored_variables: &[],
//!     sections: &[&[SERVER]],
//! };
//!
//! let environment: Environment = [("DEMO_PORT".into(), "4001".into())].into_iter().collect();
//! let loaded = Loaded::read(
//!     &TABLE,
//!     &Sources {
//!         file: None,
//!         environment: &environment,
//!         read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
//!     },
//! );
//!
//! assert!(loaded.problems.is_empty());
//! assert_eq!(loaded.settings.get(&PORT), 4001);
//! assert_eq!(loaded.settings.get(&MOTTO), None);
//! ```
//!
//! Errors are collected and reported together, one line each, and no line repeats a secret.

mod blank;
mod decode;
mod environment;
mod file;
mod go_duration;
mod kind;
mod load;
mod loaded;
mod misfit;
mod reference;
mod rule;
mod setting;
mod settings;
mod show;
mod source;
mod suggestion;
mod support;
mod table;
#[cfg(test)]
mod testing;
mod toml_defaults;
mod unknown;
mod value;

pub use blank::{leaves_a_hole, problem as blank_problem};
pub use environment::{Environment, NotUnicode};
pub use kind::{Kind, Number};
pub use load::{ReadFile, Sources};
pub use loaded::Loaded;
pub use reference::reference;
pub use rule::{Checked, Rule};
pub use setting::{Always, DefaultValue, Optional, Presence, Row, Setting, Support, Switch};
pub use settings::Settings;
pub use show::lines;
pub use source::Source;
pub use suggestion::distance;
pub use table::{Section, Table};
pub use toml_defaults::defaults;
pub use value::Value;
