//! Bits in order, most significant first, and the two checksums of FLAC (RFC 9639, sections 9.1.8 and 9.3).

/// Collects bits into bytes.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that do not yet fill a byte, in the low end.
    waiting: u64,
    waiting_bits: u32,
}

impl BitWriter {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), waiting: 0, waiting_bits: 0 }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { bytes: std::mem::take(&mut self.bytes), waiting: 0, waiting_bits: 0 };
        self.bytes.clear();
    }

    /// Appends the low `bits` bits (at most 64) of `value`, which has no others.
    pub(super) fn put(&mut self, value: u64, bits: u32) {
        debug_assert!(bits == 64 || value >> bits == 0);
        if bits > 32 {
            self.put(value >> 32, bits - 32);
            return self.put(value & 0xffff_ffff, 32);
        }
        self.waiting = self.waiting << bits | value;
        self.waiting_bits += bits;
        while self.waiting_bits >= 8 {
            self.waiting_bits -= 8;
            self.bytes.push((self.waiting >> self.waiting_bits) as u8);
        }
        self.waiting &= (1 << self.waiting_bits) - 1;
    }

    pub(super) fn put_zeros(&mut self, mut count: u64) {
        while count > 0 {
            let now = count.min(32);
            self.put(0, now as u32);
            count -= now;
        }
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self) {
        self.put(0, (8 - self.waiting_bits) % 8);
    }

    /// The whole bytes so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Polynomial x^8 + x^2 + x + 1, from 0.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| (TABLE_8[usize::from(crc as u8 ^ byte)]) & 0xff) as u8
}

/// Polynomial x^16 + x^15 + x^2 + 1, from 0.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| crc << 8 ^ TABLE_16[usize::from((crc >> 8) as u8 ^ byte)])
}

const TABLE_8: [u16; 256] = table(8, 0x07);
const TABLE_16: [u16; 256] = table(16, 0x8005);

/// For each byte, the remainder of that byte times `x^width`.
const fn table(width: u32, polynomial: u16) -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = (byte as u16) << (width - 8);
        let mut bit = 0;
        while bit < 8 {
            let carries = remainder >> (width - 1) & 1 == 1;
            remainder = (remainder << 1) ^ if carries { polynomial } else { 0 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{BitWriter, crc8, crc16};

    #[test]
    fn bits_fill_bytes_from_the_top() {
        let mut out = BitWriter::new();
        out.put(0b101, 3);
        out.put_zeros(3);
        out.put(0b11, 2);
        out.put(0x0123_4567_89ab_cdef, 64);
        out.put(1, 1);
        out.align();
        assert_eq!(out.bytes(), [0b1010_0011, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x80]);
    }

    #[test]
    fn checksums_have_their_catalogued_check_values() {
        // CRC-8/SMBUS and CRC-16/UMTS of "123456789".
        assert_eq!(crc8(b"123456789"), 0xf4);
        assert_eq!(crc16(b"123456789"), 0xfee8);
    }
}
