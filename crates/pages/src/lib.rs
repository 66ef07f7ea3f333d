//! The web pages of the server itself: the API [`console`], the development [`outbox`], and the
//! [`landing`] page of a server without an application.
//!
//! They are for the operator who tries the server and the developer who builds on it. All their
//! parts are inside the binary, and none of them loads anything from another server.

pub mod console;
mod file;
pub mod landing;
pub mod outbox;

pub use file::File;

#[cfg(test)]
mod tests {
    use crate::File;

    fn text(file: &File) -> String {
        String::from_utf8(file.content.to_vec()).unwrap()
    }

    /// What a page refers to, from beside itself.
    pub(crate) fn references(page: &File) -> Vec<String> {
        let page = text(page);
        let links = page.split("href=\"").skip(1);
        let after = links.chain(page.split("src=\"").skip(1));
        after
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }

    #[track_caller]
    pub(crate) fn names_no_other_origin(file: &File) {
        let text = text(file);
        assert!(!text.contains("://") && !text.contains("\"//"), "{text}");
    }
}
