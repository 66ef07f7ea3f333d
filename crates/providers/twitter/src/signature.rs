//! Signatures of OAuth 1.0 (RFC 5849 §3.4.2).

use auth_domain::secret::Secret;
use data_encoding::{BASE64, HEXUPPER};
use ring::hmac;
use url::Url;

/// A request that is signed: its URL, and the parameters of the protocol.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) parameters: &'a [(&'a str, &'a str)],
}

impl Signed<'_> {
    /// The signature with HMAC-SHA1, with this server's secret and that of a token, if there is
    /// one.
    pub(crate) fn signature(
        &self,
        client_secret: &Secret,
        token_secret: Option<&Secret>,
    ) -> String {
        let token_secret = token_secret.map_or("", Secret::expose);
        let key = format!(
            "{}&{}",
            encoded(client_secret.expose()),
            encoded(token_secret)
        );
        // HMAC does not need SHA-1 to be free of collisions.
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        BASE64.encode(hmac::sign(&key, self.base_string().as_bytes()).as_ref())
    }

    /// RFC 5849 §3.4.1.
    fn base_string(&self) -> String {
        let mut base = self.url.clone();
        base.set_query(None);
        base.set_fragment(None);
        let parameters = encoded(&self.normalized_parameters());
        format!("{}&{}&{parameters}", self.method, encoded(base.as_str()))
    }

    /// RFC 5849 §3.4.1.3.2: sorted as they are written.
    fn normalized_parameters(&self) -> String {
        let of_query = self.url.query_pairs();
        let of_query = of_query.map(|(name, value)| (encoded(&name), encoded(&value)));
        let of_protocol = self.parameters.iter();
        let of_protocol = of_protocol.map(|(name, value)| (encoded(name), encoded(value)));
        let mut all: Vec<_> = of_query.chain(of_protocol).collect();
        all.sort();
        let pairs: Vec<_> = all
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }
}

/// RFC 5849 §3.6: every byte but letters, digits and `-._~`, with capital digits.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&HEXUPPER.encode(&[byte]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 5849 §3.4.1.1; fields of a form count as parameters there.
    #[test]
    fn the_text_to_sign_is_that_of_the_rfc() {
        let signed = Signed {
            method: "POST",
            url: &"http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
                .parse()
                .unwrap(),
            parameters: &[
                ("oauth_consumer_key", "9djdj82h48djs9d2"),
                ("oauth_token", "kkk9d7dh3k39sjv7"),
                ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_timestamp", "137131201"),
                ("oauth_nonce", "7d8f3e4a"),
                ("c2", ""),
                ("a3", "2 q"),
            ],
        };

        assert_eq!(
            signed.base_string(),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D\
             %253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce\
             %3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth\
             _token%3Dkkk9d7dh3k39sjv7"
        );
    }

    /// The last request of RFC 5849 §1.2.
    #[test]
    fn the_signature_is_that_of_the_rfc() {
        let signed = Signed {
            method: "GET",
            url: &"http://photos.example.net/photos?file=vacation.jpg&size=original"
                .parse()
                .unwrap(),
            parameters: &[
                ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
                ("oauth_token", "nnch734d00sl2jdk"),
                ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_timestamp", "137131202"),
                ("oauth_nonce", "chapoH"),
            ],
        };

        let signature = signed.signature(
            &Secret::new("kd94hf93k423kf44"),
            Some(&Secret::new("pfkkdhi9sl3r4s00")),
        );

        assert_eq!(signature, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    #[test]
    fn everything_but_plain_characters_is_encoded() {
        assert_eq!(encoded("aZ09-._~"), "aZ09-._~");
        assert_eq!(encoded("a b+c/é"), "a%20b%2Bc%2F%C3%A9");
    }
}
