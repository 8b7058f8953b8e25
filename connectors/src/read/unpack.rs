//! Unpacks gzip, which is known by its first bytes, whatever the file is called.

use std::io::{Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

pub(super) enum Unpacked<R> {
    /// Its beginning has not been looked at.
    Unseen(R),
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
    /// Only while the beginning is looked at, or after that failed.
    Nothing,
}

pub(super) fn unpacked<R: Read>(input: R) -> Unpacked<R> {
    Unpacked::Unseen(input)
}

impl<R: Read> Unpacked<R> {
    pub(super) fn is_gzip(&self) -> bool {
        matches!(self, Unpacked::Gzip(_))
    }

    fn look(&mut self) -> std::io::Result<()> {
        let Unpacked::Unseen(mut input) = std::mem::replace(self, Unpacked::Nothing) else {
            return Ok(());
        };
        let mut magic = Vec::with_capacity(GZIP_MAGIC.len());
        input.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut magic)?;
        let packed = magic == GZIP_MAGIC;
        let whole = Cursor::new(magic).chain(input);
        *self = if packed { Unpacked::Gzip(Box::new(MultiGzDecoder::new(whole))) } else { Unpacked::Plain(whole) };
        Ok(())
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if matches!(self, Unpacked::Unseen(_)) {
            self.look()?;
        }
        match self {
            Unpacked::Plain(input) => input.read(buffer),
            Unpacked::Gzip(decoder) => decoder.read(buffer),
            Unpacked::Unseen(_) | Unpacked::Nothing => Ok(0),
        }
    }
}
