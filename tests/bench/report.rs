//! The table.

use std::io::{self, Write};

use crate::{
    measured::Measured,
    scale::{BYSTANDERS, CLIENTS, FLOODERS, Failure},
};

/// The least part of the bare bcrypt rate that sign-in should reach.
const LEAST_SIGN_IN_RATIO: f64 = 0.90;

/// The highest factor by which a refresh may be slower during a flood of sign-ins.
const MOST_FLOOD_RATIO: f64 = 5.0;

/// The label of the row for the first target.
pub(crate) const SIGN_IN: &str = "sign-in";

/// One kind of request.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) label: &'static str,
    pub(crate) measured: Measured,
    /// The limit of the rate, if it can be measured.
    pub(crate) raw: Option<f64>,
}

/// The server on one database.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) database: &'static str,
    pub(crate) rows: Vec<Row>,
    /// A few clients that refresh while nothing else happens,
    pub(crate) quiet: Measured,
    /// and while others flood the sign-in.
    pub(crate) flooded: Measured,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        Some(self.measured.rate / self.raw?)
    }
}

impl Column {
    fn sign_in_ratio(&self) -> Option<f64> {
        self.rows.iter().find(|row| row.label == SIGN_IN)?.ratio()
    }

    fn flood_ratio(&self) -> f64 {
        self.flooded.p99.as_secs_f64() / self.quiet.p99.as_secs_f64()
    }
}

/// Writes the columns side by side, and whether the targets are met.
pub(crate) fn print(columns: &[Column]) -> Result<(), Failure> {
    let mut text = head(columns);
    let labels = columns.first().map_or(&[][..], |column| &column.rows);
    for (index, row) in labels.iter().enumerate() {
        text += &line(
            row.label,
            columns
                .iter()
                .filter_map(|it| it.rows.get(index))
                .map(cells),
        );
    }
    text += &line(
        "refresh, quiet",
        columns.iter().map(|it| plain_cells(it.quiet)),
    );
    text += &line(
        "refresh, flooded",
        columns.iter().map(|it| plain_cells(it.flooded)),
    );
    text += &legend();
    text += &targets(columns);
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

fn head(columns: &[Column]) -> String {
    let names = line(
        "",
        columns
            .iter()
            .map(|column| format!("{:>42}", column.database)),
    );
    let heads = ["req/s", "p99 ms", "raw/s", "ratio"];
    let heads = heads.map(|head| format!("{head:>10}")).concat();
    names + &line("", columns.iter().map(|_| format!("  {heads}")))
}

fn line(label: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.collect();
    format!("{}\n", format!("{label:<18}{cells}").trim_end())
}

fn cells(row: &Row) -> String {
    let raw = row
        .raw
        .map_or_else(|| "–".to_owned(), |raw| format!("{raw:.1}"));
    let ratio = row
        .ratio()
        .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    format!("{}{raw:>10}{ratio:>10}", rate_and_p99(row.measured))
}

fn plain_cells(measured: Measured) -> String {
    format!("{}{:>10}{:>10}", rate_and_p99(measured), "–", "–")
}

fn rate_and_p99(measured: Measured) -> String {
    let p99 = measured.p99.as_secs_f64() * 1000.0;
    format!("  {:>10.1}{p99:>10.2}", measured.rate)
}

fn legend() -> String {
    format!(
        "\n{CLIENTS} clients, each waiting for its answer; `quiet` and `flooded`: {BYSTANDERS} \
         clients, alone\nand beside {FLOODERS} that sign in. raw: pgbench with the same statement \
         (user, refresh), bare\nbcrypt on all cores (sign-in). healthz is as fast as these clients \
         get.\n\n"
    )
}

fn targets(columns: &[Column]) -> String {
    let sign_in = format!("sign-in at least {LEAST_SIGN_IN_RATIO:.2} of bare bcrypt");
    let flood = format!("p99 flooded at most {MOST_FLOOD_RATIO:.0} × quiet");
    let mut text = String::new();
    for column in columns {
        let name = column.database;
        let ratio = column.sign_in_ratio().unwrap_or_default();
        text += &verdict(&sign_in, name, ratio, ratio >= LEAST_SIGN_IN_RATIO);
        let ratio = column.flood_ratio();
        text += &verdict(&flood, name, ratio, ratio <= MOST_FLOOD_RATIO);
    }
    text
}

fn verdict(target: &str, database: &str, ratio: f64, is_met: bool) -> String {
    let verdict = if is_met { "met" } else { "missed" };
    format!("{database:<12}{target:<40}{ratio:>8.2}  {verdict}\n")
}
