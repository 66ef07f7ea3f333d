//! Folders of messages.

use std::{
    cmp::Reverse,
    fs,
    io::{self, Write},
    path::Path,
};

use chrono::NaiveDateTime;
use uuid::Uuid;

/// Most messages in a folder: clients that request mails could fill the disk (denial of service).
pub(crate) const KEPT_FILES: usize = 1000;

/// Writes a file atomically, for programs that watch the folder: it has its whole content as soon as it
/// has its name. A file of that name is replaced.
pub(crate) fn write(path: &Path, unfinished: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        private_files::make_folder(folder)?;
    }
    private_files::make_file(unfinished)?.write_all(content)?;
    fs::rename(unfinished, path)
}

/// Removes the oldest messages from the outbox until at most `files` are left, and at most `bytes`
/// beside the newest. Whatever else is in the folder stays.
pub(crate) fn remove_oldest(folder: &Path, files: usize, bytes: u64) -> io::Result<()> {
    let mut messages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_message) {
            messages.push(entry);
        }
    }
    messages.sort_by_key(|it| Reverse(it.file_name()));
    let mut total = 0_u64;
    for (newer, message) in messages.iter().enumerate() {
        // A concurrent message may have removed it already.
        let Ok(metadata) = message.metadata() else {
            continue;
        };
        total = total.saturating_add(metadata.len());
        if newer >= files || (newer > 0 && total > bytes) {
            match fs::remove_file(message.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether a file has a name of the outbox's own, finished or not: names begin with a time, so that
/// they sort by it.
pub(crate) fn is_message(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let Some((moment, id)) = stem.split_once("Z-") else {
        return false;
    };
    matches!(extension, "json" | "part")
        && NaiveDateTime::parse_from_str(moment, "%Y%m%dT%H%M%S%.f").is_ok()
        && Uuid::try_parse(id).is_ok()
}
