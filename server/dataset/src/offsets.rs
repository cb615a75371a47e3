//! How files count characters, and where those offsets stand in a text.
//!
//! Inside, every offset is a byte of UTF-8. Tools count code points (Python), UTF-16 units (JavaScript, Java) or bytes (Go, Rust).

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Offsets {
    #[default]
    CodePoints,
    Utf16,
    Bytes,
}

impl Offsets {
    pub(crate) const ALL: [Offsets; 3] = [Offsets::CodePoints, Offsets::Utf16, Offsets::Bytes];

    /// As gloss.toml has it.
    pub fn name(self) -> &'static str {
        match self {
            Offsets::CodePoints => "code-points",
            Offsets::Utf16 => "utf-16",
            Offsets::Bytes => "bytes",
        }
    }

    pub fn named(name: &str) -> Option<Offsets> {
        Offsets::ALL.into_iter().find(|offsets| offsets.name() == name)
    }

    fn len(self, ch: char) -> usize {
        match self {
            Offsets::CodePoints => 1,
            Offsets::Utf16 => ch.len_utf16(),
            Offsets::Bytes => ch.len_utf8(),
        }
    }
}

/// Finds offsets in a text. Those of one row mostly rise: it goes on from the last one.
#[derive(Clone, Debug)]
pub struct Ruler<'t> {
    text: &'t str,
    offsets: Offsets,
    /// The last place, in units and in bytes.
    unit: usize,
    byte: usize,
}

impl<'t> Ruler<'t> {
    pub fn new(text: &'t str, offsets: Offsets) -> Ruler<'t> {
        Ruler { text, offsets, unit: 0, byte: 0 }
    }

    /// The byte at which a unit begins. `None`: beyond the end of the text, or within a character.
    pub fn byte(&mut self, unit: usize) -> Option<usize> {
        if unit < self.unit {
            (self.unit, self.byte) = (0, 0);
        }
        while self.unit < unit && self.step() {}
        (self.unit == unit).then_some(self.byte)
    }

    /// The bytes between which a unit lies: of the edges of a character, where it is within one; else the same twice. Beyond the
    /// end of the text it lies at the end.
    pub fn around(&mut self, unit: usize) -> (usize, usize) {
        match self.byte(unit) {
            Some(byte) => (byte, byte),
            None if self.unit > unit => (self.text.floor_char_boundary(self.byte - 1), self.byte),
            None => (self.byte, self.byte),
        }
    }

    /// The units before a byte; those before the next character, where it is within one.
    pub fn unit(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.unit, self.byte) = (0, 0);
        }
        while self.byte < byte && self.step() {}
        self.unit
    }

    /// Goes over one character, if there is one.
    fn step(&mut self) -> bool {
        let Some(ch) = self.text[self.byte..].chars().next() else { return false };
        self.unit += self.offsets.len(ch);
        self.byte += ch.len_utf8();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_forward_and_backward() {
        let text = "a差😀e\u{301}";
        let expected = [
            (Offsets::CodePoints, [0, 1, 2, 3, 4, 5]),
            (Offsets::Utf16, [0, 1, 2, 4, 5, 6]),
            (Offsets::Bytes, [0, 1, 4, 8, 9, 11]),
        ];
        for (offsets, units) in expected {
            let mut ruler = Ruler::new(text, offsets);
            for (unit, byte) in units.into_iter().zip([0, 1, 4, 8, 9, 11]).rev().chain([(0, 0)]) {
                assert_eq!(ruler.byte(unit), Some(byte), "{offsets:?}");
                assert_eq!(ruler.unit(byte), unit, "{offsets:?}");
            }
            assert_eq!(ruler.byte(units[5] + 1), None);
            assert_eq!(Offsets::named(offsets.name()), Some(offsets));
        }
        assert_eq!(Ruler::new(text, Offsets::Utf16).byte(3), None, "half of a pair");
        assert_eq!(Ruler::new(text, Offsets::Bytes).byte(2), None, "within a character");
        assert_eq!(Ruler::new("", Offsets::CodePoints).byte(0), Some(0));
        let mut ruler = Ruler::new(text, Offsets::Bytes);
        assert_eq!([2, 9, 99, 6].map(|unit| ruler.around(unit)), [(1, 4), (9, 9), (11, 11), (4, 8)]);
    }
}
