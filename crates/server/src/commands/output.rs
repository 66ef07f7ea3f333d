//! The output of commands.

use std::io::{self, ErrorKind, Write};

use crate::start_error::StartError;

/// Writes lines to standard output. A reader that has seen enough, such as `head`, is no error.
///
/// # Errors
///
/// [`StartError::Output`].
pub(super) fn write(lines: impl IntoIterator<Item = String>) -> Result<(), StartError> {
    let mut stdout = io::stdout().lock();
    let written = lines
        .into_iter()
        .try_for_each(|line| writeln!(stdout, "{}", line.trim_end()))
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(StartError::Output(error)),
        _ => Ok(()),
    }
}
