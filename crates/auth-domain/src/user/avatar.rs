//! Gravatar addresses.

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

use super::EmailAddress;

/// What Gravatar shows for an address it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Gravatar's own")]
pub enum GravatarDefault {
    Blank,
    Identicon,
    MonsterId,
    Wavatar,
    Retro,
    RoboHash,
    MysteryPerson,
    NotFound,
}

impl GravatarDefault {
    /// Every choice with its name in Gravatar's query.
    pub const ALL: [(&'static str, Self); 8] = [
        ("blank", Self::Blank),
        ("identicon", Self::Identicon),
        ("monsterid", Self::MonsterId),
        ("wavatar", Self::Wavatar),
        ("retro", Self::Retro),
        ("robohash", Self::RoboHash),
        ("mp", Self::MysteryPerson),
        ("404", Self::NotFound),
    ];
}

/// How strict Gravatar is about a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Gravatar's own")]
pub enum GravatarRating {
    G,
    Pg,
    R,
    X,
}

impl GravatarRating {
    /// Every choice with its name in Gravatar's query.
    pub const ALL: [(&'static str, Self); 4] = [
        ("g", Self::G),
        ("pg", Self::Pg),
        ("r", Self::R),
        ("x", Self::X),
    ];
}

/// How the picture of a new user is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gravatar {
    /// For unknown addresses.
    pub default: GravatarDefault,
    /// For known ones.
    pub rating: GravatarRating,
}

impl Gravatar {
    /// The picture's address: the MD5 of the lower-case address, as Gravatar's API defines it.
    #[must_use]
    pub fn url(&self, email: &EmailAddress) -> String {
        let hash = HEXLOWER.encode(&Md5::digest(email.canonical().as_bytes()));
        let default = name_of(&GravatarDefault::ALL, &self.default);
        let rating = name_of(&GravatarRating::ALL, &self.rating);
        format!("https://www.gravatar.com/avatar/{hash}?d={default}&r={rating}")
    }
}

fn name_of<T: PartialEq>(all: &[(&'static str, T)], wanted: &T) -> &'static str {
    all.iter()
        .find(|(_, value)| value == wanted)
        .map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_the_lower_case_address() {
        // The example of Gravatar's own documentation.
        let email = EmailAddress::parse("MyEmailAddress@example.com").unwrap();
        let gravatar = Gravatar {
            default: GravatarDefault::Blank,
            rating: GravatarRating::G,
        };

        assert_eq!(
            gravatar.url(&email),
            "https://www.gravatar.com/avatar/0bc83cb571cd1c50ba6f3e8a78ef1346?d=blank&r=g"
        );
    }
}
