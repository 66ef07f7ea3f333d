//! The state of a flow while the browser is at a provider.
//!
//! Nothing is stored for a browser that may never come back: the browser itself carries the state,
//! sealed, as the provider's `state` parameter. Neither the browser nor the provider can read it,
//! and nothing else that this server ever sealed or signed opens as a flow.

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    flow_binding::HashedFlowBindingCookie,
    ports::{PkceAndNonce, SecretCipher, SecretCipherError},
    sealed::{SealContext, StoredSecret},
    secret::Secret,
    services::{account::sign_up::SignUpOptions, sign_in::email::Audience},
    session::{AccessIdentity, CodeChallenge, CodeVerifier, SessionId},
    user::UserId,
};

/// A flow that the browser carries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SignInFlow {
    pub(super) purpose: FlowPurpose,
    pub(super) options: SignUpOptions,
    pub(super) client_state: Option<String>,
    pub(super) code_challenge: Option<CodeChallenge>,
    pub(super) proof: PkceAndNonce,
    pub(super) mark: HashedFlowBindingCookie,
    pub(super) expires_at: DateTime<Utc>,
}

/// What a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlowPurpose {
    /// Signing in or up.
    Enter(Audience),
    /// Linking an account.
    Link {
        user_id: UserId,
        session: Option<SessionId>,
        is_elevated: bool,
    },
}

impl FlowPurpose {
    /// Linking the account of the signed-in user.
    pub(super) fn link(caller: AccessIdentity) -> Self {
        Self::Link {
            user_id: caller.user_id,
            session: caller.session,
            is_elevated: caller.is_elevated,
        }
    }
}

impl SignInFlow {
    /// The flow as the provider's `state`.
    pub(super) fn seal(
        &self,
        secrets: &dyn SecretCipher,
        context: &SealContext,
    ) -> Result<Secret, SecretCipherError> {
        let plain = Secret::new(Value::Object(self.to_members()).to_string());
        let sealed = secrets.seal(&plain, context)?;
        // Some providers damage characters other than letters, digits, hyphens and underscores.
        Ok(Secret::new(
            BASE64URL_NOPAD.encode(sealed.as_str().as_bytes()),
        ))
    }

    /// The flow of a `state`, unless it is something else or has expired.
    pub(super) fn open(
        state: &str,
        secrets: &dyn SecretCipher,
        context: &SealContext,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let decoded = BASE64URL_NOPAD.decode(state.as_bytes()).ok()?;
        let StoredSecret::Sealed(sealed) = StoredSecret::read(String::from_utf8(decoded).ok()?)
        else {
            return None;
        };
        // A text that Hasura Auth sealed is bound to no context, so it cannot be a flow.
        sealed.ciphertext()?;
        let opened = secrets.open(&sealed, context).ok()?;
        let members = serde_json::from_str(opened.secret.expose()).ok()?;
        Self::from_members(members).filter(|it| it.expires_at > now)
    }

    fn to_members(&self) -> Map<String, Value> {
        let purpose = match self.purpose {
            FlowPurpose::Enter(Audience::AllUsers) => json!("anybody"),
            FlowPurpose::Enter(Audience::NewUsers) => json!("new"),
            FlowPurpose::Link {
                user_id,
                session,
                is_elevated,
            } => json!({
                "user": user_id.0.to_string(),
                "session": session.map(|it| it.0.to_string()),
                "elevated": is_elevated,
            }),
        };
        let mut members = self.options.to_members();
        members.extend(
            [
                ("purpose", purpose),
                ("clientState", self.client_state.clone().into()),
                (
                    "challenge",
                    self.code_challenge
                        .as_ref()
                        .map(CodeChallenge::as_str)
                        .into(),
                ),
                ("verifier", self.proof.verifier.expose().into()),
                ("nonce", self.proof.nonce.expose().into()),
                ("mark", self.mark.as_str().into()),
                ("expiresAt", self.expires_at.timestamp().into()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        members
    }

    fn from_members(members: Map<String, Value>) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let owned = |name: &str| text(name).map(str::to_owned);
        let seconds = members.get("expiresAt")?.as_i64()?;
        Some(Self {
            purpose: purpose(members.get("purpose")?)?,
            client_state: owned("clientState"),
            code_challenge: owned("challenge").map(CodeChallenge::from_stored),
            proof: PkceAndNonce {
                verifier: CodeVerifier::parse(text("verifier")?).ok()?,
                nonce: Secret::new(text("nonce")?),
            },
            mark: HashedFlowBindingCookie::from_flow(owned("mark")?),
            expires_at: DateTime::from_timestamp(seconds, 0)?,
            options: SignUpOptions::from_members(members)?,
        })
    }
}

fn purpose(value: &Value) -> Option<FlowPurpose> {
    let id = |value: &Value| Uuid::parse_str(value.as_str()?).ok();
    match value {
        Value::String(audience) if audience == "anybody" => {
            Some(FlowPurpose::Enter(Audience::AllUsers))
        }
        Value::String(audience) if audience == "new" => {
            Some(FlowPurpose::Enter(Audience::NewUsers))
        }
        Value::Object(caller) => Some(FlowPurpose::Link {
            user_id: UserId(id(caller.get("user")?)?),
            session: match caller.get("session")? {
                Value::Null => None,
                session => Some(SessionId(id(session)?)),
            },
            // Absent in a flow that an earlier version began.
            is_elevated: caller.get("elevated") == Some(&Value::Bool(true)),
        }),
        _ => None,
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{flow_binding::FlowBindingCookie, identity::ProviderId, testing::PlainCipher};

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn flow(purpose: FlowPurpose) -> SignInFlow {
        SignInFlow {
            purpose,
            options: SignUpOptions {
                redirect_to: Some("http://localhost:3000/a".to_owned()),
                ..SignUpOptions::default()
            },
            client_state: Some("mine".to_owned()),
            code_challenge: None,
            proof: PkceAndNonce {
                verifier: CodeVerifier::new([7; 24]),
                nonce: Secret::new("nonce"),
            },
            mark: FlowBindingCookie::new([8; 24]).hashed(),
            expires_at: NOW + chrono::TimeDelta::seconds(60),
        }
    }

    fn context(provider: &'static str) -> SealContext {
        SealContext::ProviderFlow(ProviderId::of(provider))
    }

    #[test]
    fn a_flow_comes_back_as_it_went() {
        let user_id = UserId(Uuid::from_u128(1));
        let session = Some(SessionId(Uuid::from_u128(2)));
        for purpose in [
            FlowPurpose::Enter(Audience::AllUsers),
            FlowPurpose::Enter(Audience::NewUsers),
            FlowPurpose::Link {
                user_id,
                session,
                is_elevated: true,
            },
            FlowPurpose::Link {
                user_id,
                session: None,
                is_elevated: false,
            },
        ] {
            let flow = flow(purpose);

            let state = flow.seal(&PlainCipher, &context("github")).unwrap();
            let opened = SignInFlow::open(state.expose(), &PlainCipher, &context("github"), NOW);

            assert_eq!(opened, Some(flow));
        }
    }

    #[test]
    fn a_state_is_good_for_its_provider_and_its_time_alone() {
        let flow = flow(FlowPurpose::Enter(Audience::AllUsers));
        let state = flow.seal(&PlainCipher, &context("github")).unwrap();

        let opened =
            |provider, now| SignInFlow::open(state.expose(), &PlainCipher, &context(provider), now);

        assert!(opened("github", NOW).is_some());
        assert_eq!(opened("google", NOW), None);
        assert_eq!(opened("github", flow.expires_at), None);
    }

    #[test]
    fn anything_else_is_no_state() {
        let of_user = SealContext::TotpSecret(UserId(Uuid::nil()));
        let foreign = PlainCipher.seal(&Secret::new("{}"), &of_user).unwrap();
        let empty = PlainCipher
            .seal(&Secret::new("{}"), &context("github"))
            .unwrap();
        let encoded = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());

        for state in [
            String::new(),
            "é".to_owned(),
            "a.b.c".to_owned(),
            encoded("plain"),
            encoded(foreign.as_str()),
            encoded(empty.as_str()),
        ] {
            let opened = SignInFlow::open(&state, &PlainCipher, &context("github"), NOW);
            assert_eq!(opened, None, "{state}");
        }
    }
}
