//! Unpacks gzip, which is known by its first bytes, whatever the file is called.

use std::io::{Chain, Cursor, Error, ErrorKind, Read};

use flate2::read::MultiGzDecoder;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

pub(super) enum Unpacked<R> {
    /// Its beginning has not been looked at; and how much it may hold, if it is packed.
    Unseen(R, u64),
    Plain(Whole<R>),
    /// With how much may still come: a few bytes can stand for any number.
    Gzip(Box<MultiGzDecoder<Whole<R>>>, u64),
    /// Only while the beginning is looked at, or after that failed.
    Nothing,
}

pub(super) fn unpacked<R: Read>(input: R, bytes_max: u64) -> Unpacked<R> {
    Unpacked::Unseen(input, bytes_max)
}

impl<R: Read> Unpacked<R> {
    pub(super) fn is_gzip(&self) -> bool {
        matches!(self, Unpacked::Gzip(..))
    }

    fn look(&mut self) -> std::io::Result<()> {
        let Unpacked::Unseen(mut input, bytes_max) = std::mem::replace(self, Unpacked::Nothing) else {
            return Ok(());
        };
        let mut magic = Vec::with_capacity(GZIP_MAGIC.len());
        input.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut magic)?;
        let packed = magic == GZIP_MAGIC;
        let whole = Cursor::new(magic).chain(input);
        *self = match packed {
            true => Unpacked::Gzip(Box::new(MultiGzDecoder::new(whole)), bytes_max),
            false => Unpacked::Plain(whole),
        };
        Ok(())
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if matches!(self, Unpacked::Unseen(..)) {
            self.look()?;
        }
        match self {
            Unpacked::Plain(input) => input.read(buffer),
            Unpacked::Gzip(decoder, left) => {
                let length = decoder.read(buffer)?;
                *left = left.checked_sub(length as u64).ok_or_else(|| Error::from(ErrorKind::FileTooLarge))?;
                Ok(length)
            }
            Unpacked::Unseen(..) | Unpacked::Nothing => Ok(0),
        }
    }
}
