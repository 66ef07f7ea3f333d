//! Comparing codes.

use auth_domain::{
    ports::TotpVerifier,
    totp::{DIGITS, TimeStep, TotpCode, TotpSecret},
};
use subtle::ConstantTimeEq;

/// HMAC-SHA-1 by the crate `oath` (RFC 4226 and RFC 6238).
#[derive(Debug, Clone, Copy, Default)]
pub struct OathVerifier;

impl TotpVerifier for OathVerifier {
    fn fits(&self, code: &TotpCode, secret: &TotpSecret, step: TimeStep) -> bool {
        let right = oath::hotp_raw(secret.expose(), step.0, DIGITS);
        let right = format!("{right:0width$}", width = DIGITS as usize);
        right.as_bytes().ct_eq(code.expose().as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::DateTime;
    use data_encoding::BASE32_NOPAD;
    use totp_rs::{Builder, Totp};

    use super::*;

    /// The key of RFC 6238, appendix B.
    const RFC_KEY: &[u8] = b"12345678901234567890";

    /// Times and codes of the same appendix, for SHA-1; six digits are the last six of its eight.
    const RFC_CODES: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn secret(key: &[u8]) -> TotpSecret {
        TotpSecret::parse(&BASE32_NOPAD.encode(key)).unwrap()
    }

    fn code(digits: &str) -> TotpCode {
        TotpCode::parse(digits).unwrap()
    }

    /// The steps accepted at this time whose code these digits are.
    fn fitting(digits: &str, secret: &TotpSecret, seconds: i64) -> Vec<TimeStep> {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        TimeStep::accepted_at(now)
            .filter(|step| OathVerifier.fits(&code(digits), secret, *step))
            .collect()
    }

    #[test]
    fn the_codes_of_the_rfc_fit_their_step_alone() {
        for (seconds, digits) in RFC_CODES {
            let step = TimeStep(u64::try_from(seconds).unwrap() / 30);

            assert_eq!(
                fitting(digits, &secret(RFC_KEY), seconds),
                [step],
                "{digits}"
            );
            assert_eq!(fitting("000000", &secret(RFC_KEY), seconds), [], "{digits}");
        }
    }

    #[test]
    fn a_code_lives_for_the_step_before_and_the_step_after() {
        let secret = secret(RFC_KEY);
        let (begin, digits) = (1_234_567_890 / 30 * 30, "005924");

        for seconds in [begin - 30, begin - 1, begin, begin + 29, begin + 59] {
            assert_eq!(fitting(digits, &secret, seconds).len(), 1, "{seconds}");
        }
        for seconds in [begin - 31, begin + 60] {
            assert_eq!(fitting(digits, &secret, seconds), [], "{seconds}");
        }
    }

    #[test]
    fn another_implementation_makes_the_same_codes() {
        for length in [16_u8, 20, 32, 64, 65, 100] {
            let key: Vec<u8> = (0..length).map(|it| it.wrapping_mul(37) ^ length).collect();
            let other: Totp = Builder::new().with_secret(key.clone()).build().unwrap();

            for step in [0, 1, 41_152_263, 66_666_666] {
                let digits = other.generate(step * 30).to_string();
                let fits = OathVerifier.fits(&code(&digits), &secret(&key), TimeStep(step));
                assert!(fits, "{length} bytes, step {step}");
            }
        }
    }
}
