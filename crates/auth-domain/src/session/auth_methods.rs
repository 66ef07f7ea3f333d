//! Authentication methods, as access tokens name them in `amr` (RFC 8176).

use std::fmt;

/// One way to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// A password.
    Password,
    /// A code of an authenticator app, or a recovery code in its place.
    OneTimePassword,
    /// A link or a code that was mailed.
    Email,
    /// A code in a text message.
    Sms,
    /// A security key or passkey.
    SecurityKey,
    /// A personal access token.
    PersonalAccessToken,
    /// An identity provider.
    Provider,
}

impl AuthMethod {
    const ALL: [Self; 7] = [
        Self::Password,
        Self::OneTimePassword,
        Self::Email,
        Self::Sms,
        Self::SecurityKey,
        Self::PersonalAccessToken,
        Self::Provider,
    ];

    /// Its name in the claim `amr`. RFC 8176 §2 has none for a mailbox, a personal access token or
    /// an identity provider, so those three are ours.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::OneTimePassword => "otp",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::SecurityKey => "pop",
            Self::PersonalAccessToken => "pat",
            Self::Provider => "fed",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The methods by which a user authenticated; none for anonymous users, and for sessions of which
/// they are not known.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthMethods(u8);

impl AuthMethods {
    /// No method.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub fn and(self, method: AuthMethod) -> Self {
        Self(self.0 | method.bit())
    }

    /// Whether `method` is one of them.
    #[must_use]
    pub fn contains(self, method: AuthMethod) -> bool {
        self.0 & method.bit() != 0
    }

    /// The values of the claim `amr`: their names, and `mfa` for a password with a possession
    /// factor (RFC 8176 §2).
    pub fn claim_values(self) -> impl Iterator<Item = &'static str> {
        let is_multi_factor = self.contains(AuthMethod::Password) && self.0.count_ones() > 1;
        self.methods()
            .map(AuthMethod::name)
            .chain(is_multi_factor.then_some("mfa"))
    }

    /// The methods named by `names`, from a store or a token; unknown names are left out.
    pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |name| AuthMethod::ALL.into_iter().find(|it| it.name() == name);
        names.into_iter().filter_map(known).collect()
    }

    /// The stored form: the names with commas between them. `None` for no method.
    #[must_use]
    pub fn to_stored(self) -> Option<String> {
        let names: Vec<_> = self.methods().map(AuthMethod::name).collect();
        (!names.is_empty()).then(|| names.join(","))
    }

    /// The methods of a stored form. For stores only.
    #[must_use]
    pub fn from_stored(text: Option<&str>) -> Self {
        Self::of_names(text.unwrap_or_default().split(','))
    }

    fn methods(self) -> impl Iterator<Item = AuthMethod> {
        AuthMethod::ALL
            .into_iter()
            .filter(move |it| self.contains(*it))
    }
}

impl From<AuthMethod> for AuthMethods {
    fn from(method: AuthMethod) -> Self {
        Self::NONE.and(method)
    }
}

impl FromIterator<AuthMethod> for AuthMethods {
    fn from_iter<T: IntoIterator<Item = AuthMethod>>(methods: T) -> Self {
        methods.into_iter().fold(Self::NONE, Self::and)
    }
}

impl fmt::Debug for AuthMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.methods()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(methods: AuthMethods) -> Vec<&'static str> {
        methods.claim_values().collect()
    }

    #[test]
    fn a_password_with_a_possession_factor_is_multi_factor() {
        let password = AuthMethods::from(AuthMethod::Password);

        assert_eq!(values(password), ["pwd"]);
        assert_eq!(
            values(password.and(AuthMethod::OneTimePassword)),
            ["pwd", "otp", "mfa"]
        );
    }

    #[test]
    fn two_possession_factors_are_not_multi_factor() {
        let mailbox = AuthMethods::from(AuthMethod::Email);

        assert_eq!(values(mailbox.and(AuthMethod::Sms)), ["email", "sms"]);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let all: AuthMethods = AuthMethod::ALL.into_iter().collect();

        for methods in [AuthMethod::Sms.into(), AuthMethods::NONE, all] {
            let stored = methods.to_stored();
            assert_eq!(AuthMethods::from_stored(stored.as_deref()), methods);
        }
        assert_eq!(AuthMethods::NONE.to_stored(), None);
    }

    #[test]
    fn unknown_names_are_left_out() {
        assert_eq!(
            AuthMethods::from_stored(Some("fpt,pwd,mfa,")),
            AuthMethod::Password.into()
        );
    }
}
