//! Bytes to text.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use crate::text::shown;

/// Bytes read at a time.
const PIECE: usize = 256 * 1024;

/// How characters are written as bytes. By default UTF-8; a byte order mark, which says UTF-8 or
/// UTF-16, wins over whatever was given.
#[derive(Clone, Copy)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// A name that no encoding has.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "'{0}' is no encoding: write utf-8, utf-16, windows-1252, iso-8859-15 or another name of the Encoding Standard, or auto"
)]
pub struct EncodingError(String);

impl Default for Encoding {
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl FromStr for Encoding {
    type Err = EncodingError;

    /// `auto`, or a label of the Encoding Standard in any letter case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::default());
        }
        encoding_rs::Encoding::for_label_no_replacement(text.as_bytes())
            .map(Self)
            .ok_or_else(|| EncodingError(shown(text)))
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoding({})", self.0.name())
    }
}

/// Why there is no more text. The line is known to whoever counts them.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    OtherKind(&'static str),
    /// After all the text before it.
    Binary,
    /// After all the text before it.
    Malformed(&'static str),
}

/// The text of a file, a piece at a time.
pub(super) struct Decoder<R> {
    reader: R,
    decoding: encoding_rs::Decoder,
    piece: Box<[u8]>,
    bytes: u64,
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(reader: R, encoding: Encoding) -> Self {
        Self {
            reader,
            decoding: encoding.0.new_decoder(),
            piece: vec![0; PIECE].into_boxed_slice(),
            bytes: 0,
        }
    }

    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds some text; false at the end of the file. On a fault, what came before it was added.
    pub(super) fn read(&mut self, text: &mut Vec<u8>) -> Result<bool, Fault> {
        let read = loop {
            match self.reader.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(Fault::Io)?,
            }
        };
        let piece = &self.piece[..read];
        if self.bytes == 0
            && let Some(found) = other_kind(piece)
        {
            return Err(Fault::OtherKind(found));
        }
        self.bytes += read as u64;
        let start = text.len();
        // Longer than any piece of this size can become.
        text.resize(start + 3 * PIECE + 16, 0);
        let (result, _, written) =
            self.decoding
                .decode_to_utf8_without_replacement(piece, &mut text[start..], read == 0);
        text.truncate(start + written);
        if let Some(zero) = memchr::memchr(0, &text[start..]) {
            text.truncate(start + zero);
            return Err(Fault::Binary);
        }
        match result {
            DecoderResult::InputEmpty => Ok(read > 0),
            DecoderResult::Malformed(..) if self.is_bytewise() && piece.contains(&0) => {
                Err(Fault::Binary)
            }
            DecoderResult::Malformed(..) | DecoderResult::OutputFull => {
                Err(Fault::Malformed(self.decoding.encoding().name()))
            }
        }
    }

    /// Whether a zero byte is a zero character.
    fn is_bytewise(&self) -> bool {
        ![UTF_16BE, UTF_16LE].contains(&self.decoding.encoding())
    }
}

/// What people give by mistake, by its first bytes.
fn other_kind(start: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 5] = [
        (
            b"PK\x03\x04",
            "a workbook of Excel or LibreOffice, or another archive",
        ),
        (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel"),
        (b"%PDF-", "a PDF"),
        (b"\x1f\x8b", "compressed"),
        (b"{\\rtf", "a document"),
    ];
    KINDS
        .iter()
        .find(|(magic, _)| start.starts_with(magic))
        .map(|(_, found)| *found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], encoding: &str) -> Result<String, Fault> {
        let mut decoder = Decoder::new(bytes, encoding.parse().unwrap());
        let mut text = Vec::new();
        while decoder.read(&mut text)? {}
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn encodings_of_the_programs_people_use() {
        for (bytes, encoding) in [
            (&b"citt\xc3\xa0 \xe2\x82\xac"[..], "auto"),
            (b"\xef\xbb\xbfcitt\xc3\xa0 \xe2\x82\xac", "auto"),
            // The mark wins: a corrected file is read again with the same options.
            (b"\xef\xbb\xbfcitt\xc3\xa0 \xe2\x82\xac", "windows-1252"),
            (b"\xff\xfec\0i\0t\0t\0\xe0\0 \0\xac\x20", "auto"),
            (b"\xfe\xff\0c\0i\0t\0t\0\xe0\0 \x20\xac", "auto"),
            (b"c\0i\0t\0t\0\xe0\0 \0\xac\x20", "utf-16le"),
            (b"citt\xe0 \x80", "windows-1252"),
            (b"citt\xe0 \x80", "Latin1"),
            (b"citt\xe0 \xa4", "ISO-8859-15"),
            (b"citt\x88 \xdb", "macintosh"),
        ] {
            assert_eq!(decode(bytes, encoding).unwrap(), "città €", "{encoding}");
        }
    }

    #[test]
    fn what_is_no_text_is_told() {
        let kind = |bytes: &[u8], encoding| match decode(bytes, encoding).unwrap_err() {
            Fault::OtherKind(found) => found,
            Fault::Binary => "binary",
            Fault::Malformed(encoding) => encoding,
            Fault::Io(error) => panic!("{error}"),
        };
        assert_eq!(kind(b"a\xe0b", "auto"), "UTF-8");
        assert_eq!(kind(b"a\0b", "auto"), "binary");
        assert_eq!(kind(b"a\0b", "windows-1252"), "binary");
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0", "auto"), "binary");
        assert_eq!(kind(b"a\0\xd8\0b", "utf-16be"), "UTF-16BE");
        assert!(kind(b"PK\x03\x04...", "auto").contains("workbook"));
        assert!(kind(b"%PDF-1.7", "auto").contains("PDF"));
    }

    /// However the system hands out the bytes.
    #[test]
    fn a_character_may_be_cut_anywhere() {
        struct OneByte<'a>(&'a [u8]);
        impl Read for OneByte<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let n = self.0.len().min(1);
                buffer[..n].copy_from_slice(&self.0[..n]);
                self.0 = &self.0[n..];
                Ok(n)
            }
        }
        let text = "\u{feff}città €😀";
        let mut decoder = Decoder::new(OneByte(text.as_bytes()), Encoding::default());
        let mut read = Vec::new();
        while decoder.read(&mut read).unwrap() {}
        assert_eq!(String::from_utf8(read).unwrap(), "città €😀");
        assert_eq!(decoder.bytes(), text.len() as u64);
    }

    #[test]
    fn an_unknown_encoding_is_told() {
        for name in ["", "klingon", "replacement", "utf-9"] {
            assert!(name.parse::<Encoding>().is_err(), "{name}");
        }
    }
}
