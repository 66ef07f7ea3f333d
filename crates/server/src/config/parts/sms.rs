//! The provider of text messages.

use std::{path::PathBuf, time::Duration};

use auth_domain::policy::SmsPolicy;
use settings::{Optional, Setting, Settings};
use sms_sender::{ModicaSettings, TwilioSettings, TwilioVerifySettings, WebhookSettings};

use super::outgoing::{reachable, reachable_url};
use crate::config::table::sms::{self, SmsService};

/// The prefix of ids of Twilio Verify.
const VERIFY: &str = "VA";

/// The longest timeout of a web hook: a client waits, and the server itself gives up after a minute.
const PATIENCE: Duration = Duration::from_secs(30);

/// The provider of text messages, and the numbers for tests.
#[derive(Debug, Clone)]
pub(crate) struct Sms {
    /// The provider.
    pub(crate) provider: SmsProvider,
    /// Numbers for tests, which get no message.
    pub(crate) policy: SmsPolicy,
}

/// The provider of text messages.
#[derive(Debug, Clone)]
pub(crate) enum SmsProvider {
    /// Twilio, with codes of this server.
    Twilio(TwilioSettings),
    /// Twilio Verify, which makes the codes.
    TwilioVerify(TwilioVerifySettings),
    /// Modica.
    Modica(ModicaSettings),
    /// A web hook of the operator.
    Generic(WebhookSettings),
    /// None: messages are kept in the outbox.
    Dev {
        /// A folder that messages are written to as well.
        folder: Option<PathBuf>,
    },
}

impl Sms {
    /// Picks this part from all settings; `None` when there are no text messages.
    ///
    /// # Errors
    ///
    /// A line about a setting that the provider lacks.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, String> {
        if !settings.get(&sms::ENABLED) {
            return Ok(None);
        }
        let provider = match settings.get(&sms::PROVIDER) {
            SmsService::Modica => SmsProvider::Modica(ModicaSettings {
                base_url: reachable_url(settings, &sms::MODICA_URL)?,
                username: needed(settings, &sms::MODICA_USERNAME)?,
                password: needed(settings, &sms::MODICA_PASSWORD)?,
            }),
            SmsService::Generic => generic(settings)?,
            SmsService::Dev => SmsProvider::Dev {
                folder: settings.get(&sms::DEV_OUTPUT_DIR),
            },
            SmsService::Twilio => twilio(settings)?,
        };
        Ok(Some(Self {
            provider,
            policy: policy(settings, warnings),
        }))
    }
}

fn needed<T>(settings: &Settings, setting: &Setting<T, Optional>) -> Result<T, String> {
    settings.get(setting).ok_or_else(|| {
        let provider = settings.get(&sms::PROVIDER).word();
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
    let account_sid = needed(settings, &sms::TWILIO_ACCOUNT_SID)?;
    let auth_token = needed(settings, &sms::TWILIO_AUTH_TOKEN)?;
    let service = needed(settings, &sms::TWILIO_SERVICE_ID)?;
    let verifies = account_sid.starts_with(VERIFY) || service.starts_with(VERIFY);
    if verifies {
        return Ok(SmsProvider::TwilioVerify(TwilioVerifySettings {
            base_url: reachable_url(settings, &sms::TWILIO_VERIFY_URL)?,
            account_sid,
            auth_token,
            service_sid: service,
        }));
    }
    Ok(SmsProvider::Twilio(TwilioSettings {
        base_url: reachable_url(settings, &sms::TWILIO_URL)?,
        account_sid,
        auth_token,
        sender: service,
    }))
}

fn generic(settings: &Settings) -> Result<SmsProvider, String> {
    let url = needed(settings, &sms::GENERIC_URL)?;
    let timeout = settings.get(&sms::GENERIC_TIMEOUT);
    if timeout.is_zero() || timeout > PATIENCE {
        let name = settings.name(&sms::GENERIC_TIMEOUT);
        return Err(format!(
            "{name} has to be more than nothing and at most 30s"
        ));
    }
    Ok(SmsProvider::Generic(WebhookSettings {
        url: reachable(settings, &sms::GENERIC_URL, url)?,
        content_type: settings.get(&sms::GENERIC_CONTENT_TYPE),
        headers: settings.get(&sms::GENERIC_HEADERS),
        timeout,
        template: settings.named(
            &sms::GENERIC_BODY_TEMPLATE,
            settings.get(&sms::GENERIC_BODY_TEMPLATE),
        )?,
    }))
}

fn policy(settings: &Settings, warnings: &mut Vec<String>) -> SmsPolicy {
    let items = settings.list(&sms::TEST_NUMBERS);
    let count = items.len();
    let with_code = items
        .into_iter()
        .filter_map(|(number, code)| Some((number, code?)));
    let test_numbers: Vec<_> = with_code.collect();
    let name = settings.name(&sms::TEST_NUMBERS);
    if test_numbers.len() < count {
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
