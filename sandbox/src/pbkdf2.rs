//! The key derivation of the passphrase secrets manager: PBKDF2 with HMAC-SHA256, one block of 32 bytes.
//!
//! Its million rounds are two SHA-256 blocks each. The general crates build on generic code that is compiled here,
//! without optimisation in a debug build: eight seconds a key. This loop calls `sha2`'s own compression, which is
//! always optimised.
//!
//! <https://www.rfc-editor.org/rfc/rfc8018#section-5.2>, <https://www.rfc-editor.org/rfc/rfc2104>

use sha2::digest::generic_array::GenericArray;
use sha2::digest::typenum::U64;
use sha2::{Digest as _, Sha256, compress256};

/// The words of SHA-256 between two blocks.
type State = [u32; 8];
type Block = GenericArray<u8, U64>;

/// <https://www.rfc-editor.org/rfc/rfc6234#section-6.1>
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// HMAC-SHA256 with a key that has been taken in already.
struct Hmac {
    inner: State,
    outer: State,
}

impl Hmac {
    fn new(key: &[u8]) -> Self {
        let mut padded = [0u8; 64];
        if key.len() > padded.len() {
            padded[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            padded[..key.len()].copy_from_slice(key);
        }
        let after = |pad: u8| {
            let mut state = INITIAL;
            compress256(&mut state, &[Block::from(padded.map(|byte| byte ^ pad))]);
            state
        };
        Self { inner: after(0x36), outer: after(0x5c) }
    }

    /// The code of a salt followed by the number of the block, which is 1: the first round.
    fn first(&self, salt: &[u8]) -> State {
        let mut message = salt.to_vec();
        message.extend([0, 0, 0, 1, 0x80]);
        let bits = (64 + salt.len() as u64 + 4) * 8;
        let blocks = (message.len() + 8).div_ceil(64);
        message.resize(blocks * 64 - 8, 0);
        message.extend(bits.to_be_bytes());
        let mut state = self.inner;
        for block in message.chunks_exact(64) {
            compress256(&mut state, &[*Block::from_slice(block)]);
        }
        self.finish(&state)
    }

    /// The code of another code: a message of 32 bytes, in one block.
    fn again(&self, code: &State) -> State {
        let mut state = self.inner;
        compress256(&mut state, &[block_of(code)]);
        self.finish(&state)
    }

    fn finish(&self, inner: &State) -> State {
        let mut state = self.outer;
        compress256(&mut state, &[block_of(inner)]);
        state
    }
}

/// The last block of a message that is one block of key and these 32 bytes.
fn block_of(words: &State) -> Block {
    let mut block = [0u8; 64];
    block[..32].copy_from_slice(&bytes_of(words));
    block[32] = 0x80;
    block[62] = 0x03; // 96 bytes are 768 bits.
    block.into()
}

/// Two halves of four words: fewer calls than word by word, which a debug build feels a million times.
fn bytes_of(words: &State) -> [u8; 32] {
    let half = |[a, b, c, d]: [u32; 4]| {
        (u128::from(a) << 96 | u128::from(b) << 64 | u128::from(c) << 32 | u128::from(d)).to_be_bytes()
    };
    let mut bytes = [0u8; 32];
    bytes[..16].copy_from_slice(&half([words[0], words[1], words[2], words[3]]));
    bytes[16..].copy_from_slice(&half([words[4], words[5], words[6], words[7]]));
    bytes
}

/// Derives a key of 32 bytes.
pub fn derive(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let hmac = Hmac::new(password);
    let mut code = hmac.first(salt);
    let mut key = code;
    for _ in 1..rounds {
        code = hmac.again(&code);
        // An iterator here triples the time in a debug build.
        let mut word = 0;
        while word < key.len() {
            key[word] ^= code[word];
            word += 1;
        }
    }
    bytes_of(&key)
}

#[cfg(test)]
mod tests {
    use super::derive;

    fn hex(password: &[u8], salt: &[u8], rounds: u32) -> String {
        crate::state::hex(&derive(password, salt, rounds))
    }

    /// <https://www.rfc-editor.org/rfc/rfc7914#section-11>
    #[test]
    fn the_vectors_of_the_standard_come_out() {
        assert_eq!(
            hex(b"passwd", b"salt", 1),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        );
        assert_eq!(
            hex(b"Password", b"NaCl", 80_000),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
        );
    }

    /// From Python's `hashlib.pbkdf2_hmac`: a password longer than a block, a salt that ends a block and one that
    /// needs several.
    #[test]
    fn long_passwords_and_salts_come_out_as_elsewhere() {
        assert_eq!(
            hex(&[b'p'; 65], b"salt", 3),
            "9f1b4cba4b646ed9a5d20a3cfa7ef757b162f7073a4578d7e93864f7d91e146f"
        );
        assert_eq!(
            hex(&[b'p'; 64], &[b's'; 51], 2),
            "d3abfa5fcfeacd1e393dbe47944052e156fd20c9a853f5fb3ab78dda1001a317"
        );
        assert_eq!(
            hex(&[b'p'; 0], &[b's'; 52], 2),
            "3ce9c62d3df02d8a854e0b5dd78e9528ac6b8d545e5a43e2c734c2dec95bc6e6"
        );
        assert_eq!(
            hex(&[b'x'; 1], &[b's'; 200], 2),
            "2ec72f6a127c30b57bbd243c5c2fd7f11d83047baf783dedffd6684b269590f2"
        );
    }
}
