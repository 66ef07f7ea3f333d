//! How text messages leave.

use std::{path::PathBuf, time::Duration};

use auth_domain::{
    one_time_code::OneTimeCode, policy::SmsPolicy, secret::Secret, user::PhoneNumber,
};
use serde_json::{Map, Value};
use sms_sender::{BodyTemplate, ContentType};
use url::Url;

use super::outgoing::reachable_url;
use crate::config::{setting::Setting, settings::Settings, table::sms};

/// What ids of Twilio Verify begin with.
const VERIFY: &str = "VA";

/// The longest a web hook may take: somebody waits, and the server itself gives up after a minute.
const PATIENCE: Duration = Duration::from_secs(30);

/// How text messages leave, and to whom none do.
#[derive(Debug, Clone)]
pub(crate) struct Sms {
    /// How they leave.
    pub(crate) provider: SmsProvider,
    /// Who gets none.
    pub(crate) policy: SmsPolicy,
}

/// How text messages leave.
#[derive(Debug, Clone)]
pub(crate) enum SmsProvider {
    /// Through Twilio, with codes of ours.
    Twilio(TwilioAccount),
    /// Through Twilio Verify, with its codes.
    TwilioVerify(TwilioAccount),
    /// Through Modica.
    Modica {
        /// Where it is.
        url: Url,
        /// The account there.
        username: String,
        /// What proves it.
        password: Secret,
    },
    /// Through a web hook of the operator.
    Generic {
        /// Where it is.
        url: Url,
        /// How requests are written.
        content_type: ContentType,
        /// The headers of each.
        headers: Vec<(String, Secret)>,
        /// How long it may take.
        timeout: Duration,
        /// The body of each.
        template: BodyTemplate,
    },
    /// Not at all.
    Dev {
        /// Where messages are written to, beside the outbox.
        folder: Option<PathBuf>,
    },
}

/// An account at Twilio.
#[derive(Debug, Clone)]
pub(crate) struct TwilioAccount {
    /// Where it is.
    pub(crate) url: Url,
    /// The account.
    pub(crate) sid: String,
    /// What proves it.
    pub(crate) token: Secret,
    /// What sends.
    pub(crate) service: String,
}

impl Sms {
    /// Picks this part from all settings; `None` when there are no text messages.
    ///
    /// # Errors
    ///
    /// A line about what the provider lacks.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, String> {
        if !settings.flag(&sms::ENABLED) {
            return Ok(None);
        }
        let provider = match settings.text(&sms::PROVIDER).unwrap_or_default() {
            "modica" => SmsProvider::Modica {
                url: reachable_url(settings, &sms::MODICA_URL)?,
                username: needed(settings, &sms::MODICA_USERNAME)?.to_owned(),
                password: Secret::new(needed(settings, &sms::MODICA_PASSWORD)?),
            },
            "generic" => generic(settings)?,
            "dev" => SmsProvider::Dev {
                folder: settings.text(&sms::DEV_OUTPUT_DIR).map(PathBuf::from),
            },
            _ => twilio(settings)?,
        };
        Ok(Some(Self {
            provider,
            policy: policy(settings, warnings),
        }))
    }
}

fn needed<'a>(settings: &'a Settings, setting: &Setting) -> Result<&'a str, String> {
    settings.text(setting).ok_or_else(|| {
        let provider = settings.text(&sms::PROVIDER).unwrap_or_default();
        format!(
            "{} is on and {} is {provider}, which needs {}; \
             set it, or choose another provider (`dev` sends nothing)",
            settings.name(&sms::ENABLED),
            settings.name(&sms::PROVIDER),
            setting.variable,
        )
    })
}

fn twilio(settings: &Settings) -> Result<SmsProvider, String> {
    let sid = needed(settings, &sms::TWILIO_ACCOUNT_SID)?.to_owned();
    let token = Secret::new(needed(settings, &sms::TWILIO_AUTH_TOKEN)?);
    let service = needed(settings, &sms::TWILIO_SERVICE_ID)?.to_owned();
    let verifies = sid.starts_with(VERIFY) || service.starts_with(VERIFY);
    let url = if verifies {
        &sms::TWILIO_VERIFY_URL
    } else {
        &sms::TWILIO_URL
    };
    let account = TwilioAccount {
        url: reachable_url(settings, url)?,
        sid,
        token,
        service,
    };
    Ok(if verifies {
        SmsProvider::TwilioVerify(account)
    } else {
        SmsProvider::Twilio(account)
    })
}

fn generic(settings: &Settings) -> Result<SmsProvider, String> {
    needed(settings, &sms::GENERIC_URL)?;
    let timeout = settings.duration(&sms::GENERIC_TIMEOUT);
    if timeout.is_zero() || timeout > PATIENCE {
        let name = settings.name(&sms::GENERIC_TIMEOUT);
        return Err(format!(
            "{name} has to be more than nothing and at most 30s"
        ));
    }
    let content_types = [
        ("application/json", ContentType::Json),
        ("application/x-www-form-urlencoded", ContentType::Form),
    ];
    Ok(SmsProvider::Generic {
        url: reachable_url(settings, &sms::GENERIC_URL)?,
        content_type: settings.choice(&sms::GENERIC_CONTENT_TYPE, &content_types)?,
        headers: headers(settings.text(&sms::GENERIC_HEADERS).unwrap_or_default()),
        timeout,
        template: settings.parsed(&sms::GENERIC_BODY_TEMPLATE, BodyTemplate::parse)?,
    })
}

/// The setting takes only what is an object of texts.
fn headers(json: &str) -> Vec<(String, Secret)> {
    let members: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let header = |(name, value): (String, Value)| Some((name, Secret::new(value.as_str()?)));
    members.into_iter().filter_map(header).collect()
}

fn policy(settings: &Settings, warnings: &mut Vec<String>) -> SmsPolicy {
    let items = settings.list(&sms::TEST_NUMBERS);
    let test_numbers: Vec<_> = items.iter().filter_map(|item| test_number(item)).collect();
    let name = settings.name(&sms::TEST_NUMBERS);
    if test_numbers.len() < items.len() {
        warnings.push(format!(
            "{name}: a number without a code is like any other; write it as number=code"
        ));
    }
    if !test_numbers.is_empty() {
        warnings.push(format!(
            "{name}: whoever knows its code can sign in with such a number; \
             do not set it where real people have accounts"
        ));
    }
    let mut policy = SmsPolicy::default();
    policy.test_numbers = test_numbers;
    policy
}

/// `number=code`.
fn test_number(item: &str) -> Option<(PhoneNumber, OneTimeCode)> {
    let (number, code) = item.rsplit_once('=')?;
    let number = PhoneNumber::parse(number.trim()).ok()?;
    Some((number, OneTimeCode::parse(code.trim()).ok()?))
}
