//! The one checksum of the crate `crc-fast` that `object_store` calls, in the crate's own words.
//!
//! The crate keeps the tables of a hundred checksums, which are 700 KiB of the binary, and we ask for none: this takes its
//! place (`[patch.crates-io]`). What it computes is right, and slow.

/// The algorithms.
#[derive(Debug, Clone, Copy)]
pub enum CrcAlgorithm {
    /// CRC-64/NVME: <https://reveng.sourceforge.io/crc-catalogue/all.htm#crc.cat.crc-64-nvme>
    Crc64Nvme,
}

/// A checksum that is being computed.
#[derive(Debug, Clone)]
pub struct Digest(u64);

/// The polynomial, its bits in reverse.
const POLYNOMIAL: u64 = 0x9a6c_9329_ac4b_c9b5;

impl Digest {
    /// The checksum of nothing yet.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        match algorithm {
            CrcAlgorithm::Crc64Nvme => Self(u64::MAX),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u64::from(*byte);
            for _ in 0..8 {
                let carry = self.0 & 1;
                self.0 >>= 1;
                if carry == 1 {
                    self.0 ^= POLYNOMIAL;
                }
            }
        }
    }

    /// The checksum.
    pub fn finalize(&self) -> u64 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        for piece in ["1234", "", "56789"] {
            digest.update(piece.as_bytes());
        }
        assert_eq!(digest.finalize(), 0xae8b_1486_0a79_9888);
    }
}
