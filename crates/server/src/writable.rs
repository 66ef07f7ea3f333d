//! Whether a file or folder is writable, checked without writing anything.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use rustix::fs::{Access, access};

/// Checks whether the file at `path` can be made or written to, and whether others can be made beside
/// it.
///
/// # Errors
///
/// Roughly the error that the write would fail with.
pub(crate) fn check_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(_) => access(path, Access::WRITE_OK)?,
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(error),
    }
    check_folder(path.parent().unwrap_or(path))
}

/// Checks whether files can be made in the folder at `path`, or the folder itself if it is missing.
///
/// # Errors
///
/// Roughly the error that the write would fail with.
pub(crate) fn check_folder(path: &Path) -> io::Result<()> {
    for folder in path.ancestors() {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        match fs::metadata(folder) {
            Ok(found) if !found.is_dir() => return Err(ErrorKind::NotADirectory.into()),
            Ok(_) => return Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether nothing exists there. Also true when a file is in the place of a parent folder.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use super::*;

    /// The result of really making the file and one beside it.
    fn attempt(path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder)?;
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)?;
        fs::write(folder.join("beside"), "")
    }

    #[test]
    fn the_check_foretells_the_attempt_and_leaves_nothing_behind() {
        type Prepare = fn(&Path);
        let places: [(&str, Prepare); 6] = [
            ("auth.db", |_| {}),
            ("new/folders/auth.db", |_| {}),
            ("file/auth.db", |it| fs::write(it.join("file"), "").unwrap()),
            ("auth.db", |it| fs::create_dir(it.join("auth.db")).unwrap()),
            ("read-only/auth.db", |it| {
                fs::create_dir(it.join("read-only")).unwrap();
                let mode = Permissions::from_mode(0o500);
                fs::set_permissions(it.join("read-only"), mode).unwrap();
            }),
            ("auth.db", |it| {
                fs::write(it.join("auth.db"), "").unwrap();
                let mode = Permissions::from_mode(0o400);
                fs::set_permissions(it.join("auth.db"), mode).unwrap();
            }),
        ];
        for (number, (name, prepare)) in places.into_iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            prepare(folder.path());
            let entries = || fs::read_dir(folder.path()).unwrap().count();
            let before = entries();
            let path = folder.path().join(name);

            let foretold = check_file(&path);

            assert_eq!(entries(), before, "place {number}");
            let attempted = attempt(&path);
            assert_eq!(
                foretold.is_ok(),
                attempted.is_ok(),
                "place {number}: {foretold:?}, {attempted:?}"
            );
        }
    }

    #[test]
    fn a_relative_path_begins_in_the_working_folder() {
        for path in ["auth.db", "no/such/folder/auth.db"] {
            check_file(Path::new(path)).unwrap();
        }
    }
}
