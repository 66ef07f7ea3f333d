//! Random secrets, and the hashes of them that need not be secret.

/// Random bytes in such a text: too many to guess, so that their hash needs no salt.
pub(crate) const RANDOM_BYTES: usize = 24;

/// Defines a random text of 48 hexadecimal digits, and the hash of it.
macro_rules! random_text {
    (
        $(#[$plain_doc:meta])* $plain:ident;
        $(#[$hashed_doc:meta])* $hashed:ident;
    ) => {
        $(#[$plain_doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $plain(String);

        impl $plain {
            /// A new one from random bytes.
            #[must_use]
            pub fn new(random: [u8; $crate::random_text::RANDOM_BYTES]) -> Self {
                Self(data_encoding::HEXLOWER.encode(&random))
            }

            /// The text itself. Give it to its holder only.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// The form that need not be secret: SHA-256 of the text, in hexadecimal digits.
            #[must_use]
            pub fn hashed(&self) -> $hashed {
                let digest = <sha2::Sha256 as sha2::Digest>::digest(self.0.as_bytes());
                $hashed(data_encoding::HEXLOWER.encode(&digest))
            }
        }

        impl std::fmt::Debug for $plain {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($plain), "(***)"))
            }
        }

        $(#[$hashed_doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $hashed(String);

        impl $hashed {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

pub(crate) use random_text;
