//! Drawing QR codes.

use auth_domain::{
    error::Cause,
    ports::{PngImage, QrError, QrRenderer},
    secret::Secret,
};
use png::{BitDepth, ColorType, Encoder, EncodingError};
use qrcode::{Color, QrCode};

/// Pixels across the picture, as Hasura Auth draws it; more where the code needs them.
const USUAL_SIZE: usize = 200;

/// Pixels across the smallest dot that a phone reads reliably.
const LEAST_DOT: usize = 3;

/// Dots of light around the code (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: usize = 4;

/// Draws in black and white, one bit for each pixel.
#[derive(Debug, Clone, Copy, Default)]
pub struct PngQrRenderer;

impl QrRenderer for PngQrRenderer {
    fn render(&self, text: &Secret) -> Result<PngImage, QrError> {
        draw(text.expose()).map(PngImage).map_err(QrError)
    }
}

fn draw(text: &str) -> Result<Vec<u8>, Cause> {
    let code = QrCode::new(text)?;
    Ok(Canvas::new(&code).to_png()?)
}

/// A square of pixels with a code in its middle.
struct Canvas<'a> {
    code: &'a QrCode,
    /// Pixels across.
    size: usize,
    /// Pixels across a dot.
    dot: usize,
    /// Pixels of light before the first dot.
    margin: usize,
}

impl<'a> Canvas<'a> {
    fn new(code: &'a QrCode) -> Self {
        let dots = code.width() + 2 * QUIET_ZONE;
        let dot = (USUAL_SIZE / dots).max(LEAST_DOT);
        let size = (dots * dot).max(USUAL_SIZE);
        Self {
            code,
            size,
            dot,
            margin: (size - code.width() * dot) / 2,
        }
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let dot_at = |pixel: usize| {
            let dot = pixel.checked_sub(self.margin)? / self.dot;
            (dot < self.code.width()).then_some(dot)
        };
        match (dot_at(x), dot_at(y)) {
            (Some(x), Some(y)) => self.code[(x, y)] == Color::Dark,
            _ => false,
        }
    }

    /// Rows of bits, each filled up to whole bytes; 1 is light.
    fn bits(&self) -> Vec<u8> {
        let mut bits = Vec::with_capacity(self.size * self.size.div_ceil(8));
        for y in 0..self.size {
            for first in (0..self.size).step_by(8) {
                let pixels = first..first + 8;
                bits.push(pixels.fold(0, |byte, x| byte << 1 | u8::from(!self.is_dark(x, y))));
            }
        }
        bits
    }

    fn to_png(&self) -> Result<Vec<u8>, EncodingError> {
        let mut file = Vec::new();
        // A code has at most 177 dots across, so its picture has less than a thousand pixels.
        let size = u32::try_from(self.size).unwrap_or(u32::MAX);
        let mut encoder = Encoder::new(&mut file, size, size);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.bits())?;
        writer.finish()?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use auth_domain::totp::TotpSecret;
    use png::{Decoder, Transformations};
    use rqrr::PreparedImage;

    use super::*;

    /// A picture as an independent decoder sees it: its size, and shades of grey.
    fn decoded(image: &PngImage) -> (usize, Vec<u8>) {
        let mut decoder = Decoder::new(Cursor::new(&image.0));
        decoder.set_transformations(Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width, info.height);
        assert_eq!(pixels.len(), (info.width * info.height) as usize);
        (info.width as usize, pixels)
    }

    /// What a scanner reads in a picture.
    fn scanned(image: &PngImage) -> String {
        let (size, pixels) = decoded(image);
        let mut scanner =
            PreparedImage::prepare_from_greyscale(size, size, |x, y| pixels[y * size + x]);
        let codes = scanner.detect_grids();
        assert_eq!(codes.len(), 1);
        codes[0].decode().unwrap().1
    }

    fn render(text: &str) -> PngImage {
        PngQrRenderer.render(&Secret::new(text)).unwrap()
    }

    #[test]
    fn a_scanner_reads_the_uri_back() {
        let secret = TotpSecret::new([0x5a; 32]);
        let uri = secret.uri("My App", "ada@example.com");

        let image = PngQrRenderer.render(&uri).unwrap();

        assert_eq!(scanned(&image), uri.expose());
    }

    #[test]
    fn a_picture_is_as_large_as_usual_with_light_all_around() {
        let secret = TotpSecret::new([0x5a; 32]);
        let image = render(secret.uri("auth", "ada@example.com").expose());

        let (size, pixels) = decoded(&image);

        assert_eq!(size, 200);
        for place in 0..size {
            for edge in [place, place * size, place * size + size - 1] {
                assert_eq!(pixels[edge], 255);
            }
        }
    }

    #[test]
    fn long_and_short_texts_are_read_back() {
        for length in [1, 10, 100, 300, 600, 1200] {
            let text = "Ada+1@"
                .repeat(length)
                .chars()
                .take(length)
                .collect::<String>();
            assert_eq!(scanned(&render(&text)), text, "{length}");
        }
    }

    #[test]
    fn a_text_that_no_code_holds_is_an_error() {
        let endless = Secret::new("x".repeat(4000));

        assert!(PngQrRenderer.render(&endless).is_err());
    }

    #[test]
    fn the_data_url_holds_the_picture() {
        let url = render("x").data_url();

        assert!(
            url.expose()
                .starts_with("data:image/png;base64,iVBORw0KGgo")
        );
    }
}
