//! The operator's templates: `<locale>/<name>/{subject.txt,body.html,body.txt}` in a folder, as
//! Hasura Auth reads them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use auth_domain::{ports::MailKind, user::Locale};

use crate::{
    Flaw, MailSources, MailTemplate, TemplateProblem,
    collection::{Collection, SMS},
    mail_template::{self, HTML, SUBJECT, TEXT},
    tags::Tags,
};

/// Replaces templates in `collection` by those in `folder`, and returns what is wrong.
pub(crate) fn load(
    folder: &Path,
    tags: &Tags,
    collection: &mut Collection,
) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    for locale in subfolders(folder, &mut problems) {
        let path = folder.join(&locale);
        // No user has such a locale, so its templates would never be used.
        if Locale::parse(&locale).is_err() && !tags.contains(&locale) {
            ignore(&path);
            continue;
        }
        for name in subfolders(&path, &mut problems) {
            load_one(&path.join(&name), &locale, &name, collection, &mut problems);
        }
    }
    problems
}

fn load_one(
    folder: &Path,
    locale: &str,
    name: &str,
    collection: &mut Collection,
    problems: &mut Vec<TemplateProblem>,
) {
    if name == SMS {
        if let Some(text) = read_required(folder, TEXT, problems) {
            let mut found = Vec::new();
            if let Some(template) = mail_template::parse(TEXT, &text, &mut found) {
                collection.insert_sms(locale, template);
            }
            problems.extend(found.into_iter().map(|it| it.in_folder(folder)));
        }
    } else if let Some(kind) = MailKind::of_template(name) {
        if let Some(template) = load_mail(folder, problems) {
            collection.insert(locale, kind, template);
        }
    } else {
        ignore(folder);
    }
}

fn ignore(folder: &Path) {
    tracing::warn!(
        folder = %folder.display(),
        "ignored: the folder's name is neither a language nor that of a mail template"
    );
}

fn load_mail(folder: &Path, problems: &mut Vec<TemplateProblem>) -> Option<MailTemplate> {
    let subject = read_required(folder, SUBJECT, problems);
    let html = read_required(folder, HTML, problems);
    let text = match fs::read_to_string(folder.join(TEXT)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(unreadable(folder.join(TEXT), error));
            None
        }
    };
    let sources = MailSources {
        subject: subject.as_deref().unwrap_or_default(),
        html: html.as_deref().unwrap_or_default(),
        text: text.as_deref(),
    };
    match MailTemplate::parse(sources) {
        Ok(template) => Some(template),
        Err(invalid) => {
            let found = invalid.problems.into_iter();
            problems.extend(found.map(|problem| problem.in_folder(folder)));
            None
        }
    }
}

fn read_required(folder: &Path, file: &str, problems: &mut Vec<TemplateProblem>) -> Option<String> {
    let path = folder.join(file);
    match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            problems.push(if error.kind() == io::ErrorKind::NotFound {
                TemplateProblem::new(path, Flaw::Missing)
            } else {
                unreadable(path, error)
            });
            None
        }
    }
}

/// The names of the folders in `folder`, in order.
fn subfolders(folder: &Path, problems: &mut Vec<TemplateProblem>) -> Vec<String> {
    match names_of_subfolders(folder) {
        Ok(names) => names,
        Err(error) => {
            problems.push(unreadable(folder.to_path_buf(), error));
            Vec::new()
        }
    }
}

/// Links to folders count: volumes of Kubernetes are made of them. Hidden folders, and those whose
/// name is not UTF-8, are ignored.
fn names_of_subfolders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
            && entry.path().is_dir()
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn unreadable(path: PathBuf, error: io::Error) -> TemplateProblem {
    TemplateProblem::new(path, Flaw::Unreadable(error))
}

#[cfg(test)]
mod tests;
