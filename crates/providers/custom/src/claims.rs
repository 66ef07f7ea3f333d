//! The configured names of a profile's members.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    ProfileError,
    profile::{Address, Checked, Name, PersonId, Picture},
};
use serde_json::Value;

use crate::members::Members;

/// The names of a profile's members: a name, or names with dots between them that lead into objects
/// (`user.email`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// The service's permanent id of the user.
    pub id: String,
    /// The address.
    pub email: String,
    /// Whether the service has verified the address; `None` if it does not say.
    pub email_verified: Option<String>,
    /// The name.
    pub name: String,
    /// The picture.
    pub picture: String,
}

impl ClaimNames {
    /// The names of OpenID Connect Core §5.1, unless `members` has others. Which member verifies
    /// the address has to be configured.
    pub(crate) fn read(members: Option<Members>) -> Result<Self, String> {
        let mut names = Self {
            id: "sub".to_owned(),
            email: "email".to_owned(),
            email_verified: None,
            name: "name".to_owned(),
            picture: "picture".to_owned(),
        };
        let Some(mut members) = members else {
            return Ok(names);
        };
        for (name, place) in [
            ("id", &mut names.id),
            ("email", &mut names.email),
            ("name", &mut names.name),
            ("picture", &mut names.picture),
        ] {
            if let Some(said) = members.text(name)? {
                *place = said;
            }
        }
        names.email_verified = members.text("emailVerified")?;
        members.end()?;
        Ok(names)
    }

    /// The identity in `profile`.
    pub(crate) fn identity(&self, profile: &Value) -> Result<ExternalIdentity, ProfileError> {
        let find = |path: &str| find(profile, path).cloned().unwrap_or_default();
        let verified = self.email_verified.as_deref().map(find);
        let email = Address::from(find(&self.email)).0;
        Ok(ExternalIdentity {
            subject: PersonId::from(find(&self.id)).subject()?,
            email_verified: Checked::from(verified.unwrap_or_default())
                .0
                .filter(|_| email.is_some()),
            email,
            name: Name::from(find(&self.name)).0,
            avatar: Picture::from(find(&self.picture)).0,
        })
    }
}

fn find<'a>(profile: &'a Value, path: &str) -> Option<&'a Value> {
    // A name may itself contain dots.
    let by_name = profile.get(path);
    by_name.or_else(|| {
        path.split('.')
            .try_fold(profile, |inner, name| inner.get(name))
    })
}
