//! JSON, written quickly: what serde_json writes, byte for byte, in a third of the instructions.
//!
//! Every commit writes each record that it changes, so that writing JSON was a quarter of the cost
//! of a command on a disk. Records are many short texts between known names; here a text is
//! looked through eight bytes at a time and copied as a whole. Whatever is out of the ordinary is
//! left to serde_json.

use std::cell::Cell;
use std::fmt::{self, Display, Write as _};

use serde::{Serialize, ser};

/// Writes a value as JSON, without spaces.
///
/// # Errors
/// As [`serde_json::to_vec`], when a value has no form in JSON.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    /// A buffer that is larger than this is not kept.
    const KEPT: usize = 64 << 10;
    thread_local! {
        /// What a value is written into, so that it is as long as it must be before memory of its own is asked for.
        static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let written = write(value, &mut buffer).map(|()| buffer.as_slice().to_vec());
    if buffer.capacity() <= KEPT {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    written
}

/// Writes a value like [`to_vec`], at the end of a buffer. When it has no form in JSON, the buffer
/// is left as it was.
///
/// # Errors
/// As [`to_vec`].
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, buffer: &mut Vec<u8>) -> serde_json::Result<()> {
    let before = buffer.len();
    let mut writer = Writer { out: std::mem::take(buffer) };
    let written = value.serialize(&mut writer);
    *buffer = writer.out;
    if written.is_ok() {
        return Ok(());
    }
    buffer.truncate(before);
    let written = serde_json::to_writer(&mut *buffer, value);
    if written.is_err() {
        buffer.truncate(before);
    }
    written
}

/// To be left to serde_json.
#[derive(Debug)]
struct Left;

impl Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("left to serde_json")
    }
}

impl std::error::Error for Left {}

impl ser::Error for Left {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

struct Writer {
    out: Vec<u8>,
}

/// A value of each byte of eight.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Whether any of eight bytes is a control character, a quotation mark or a backslash.
fn any_special(eight: u64) -> bool {
    // The highest bit of each byte that was zero, or less than `bound`; of others only above one.
    let less = |value: u64, bound: u8| value.wrapping_sub(each(bound)) & !value & each(0x80);
    (less(eight, 0x20) | less(eight ^ each(b'"'), 1) | less(eight ^ each(b'\\'), 1)) != 0
}

fn is_special(byte: u8) -> bool {
    matches!(byte, ..0x20 | b'"' | b'\\')
}

fn is_plain(text: &[u8]) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    if eights.iter().any(|eight| any_special(u64::from_le_bytes(*eight))) {
        return false;
    }
    // What is left is looked at together with what was seen already, where there is enough.
    match (rest.is_empty(), text.last_chunk::<8>(), text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (true, ..) => true,
        (false, Some(last), ..) => !any_special(u64::from_le_bytes(*last)),
        (false, None, Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            !any_special(u64::from(first) << 32 | u64::from(last))
        }
        _ => !rest.iter().any(|byte| is_special(*byte)),
    }
}

impl Writer {
    /// Writes text without the marks around it.
    fn inner(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            text.bytes().for_each(|byte| self.byte(byte));
        }
    }

    fn byte(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            ..0x20 => {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + (value - 10) };
                self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                return;
            }
            _ => return self.out.push(byte),
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }

    fn text(&mut self, text: &str) {
        self.out.reserve(text.len().saturating_add(2));
        self.out.push(b'"');
        self.inner(text);
        self.out.push(b'"');
    }

    /// Writes the name of a field or variant. It stands in the source, and has nothing to escape.
    fn name(&mut self, name: &'static str) {
        debug_assert!(is_plain(name.as_bytes()), "{name}");
        self.out.reserve(name.len().saturating_add(3));
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn number(&mut self, mut value: u64, negative: bool) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            // Less than ten: it fits.
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
            start -= 1;
            if value == 0 {
                break;
            }
        }
        if negative {
            self.out.push(b'-');
        }
        self.out.extend_from_slice(digits.get(start..).unwrap_or_default());
    }

    fn begin(&mut self, open: &'static [u8], close: &'static [u8]) -> Elements<'_> {
        self.out.extend_from_slice(open);
        Elements { writer: self, first: true, close }
    }

    /// `{"name":`, of a variant that has content.
    fn variant(&mut self, name: &'static str) {
        self.out.push(b'{');
        self.name(name);
    }
}

/// Text that is formatted straight into the JSON.
impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.inner(text);
        Ok(())
    }
}

/// The elements of a list, or the members of an object.
struct Elements<'a> {
    writer: &'a mut Writer,
    first: bool,
    close: &'static [u8],
}

impl Elements<'_> {
    fn comma(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.writer.out.push(b',');
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Left> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Left> {
        self.comma();
        self.writer.name(name);
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.out.extend_from_slice(self.close);
    }
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Left;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Elements<'a>;
    type SerializeStruct = Elements<'a>;
    type SerializeStructVariant = Elements<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Left> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }
    fn serialize_i8(self, value: i8) -> Result<(), Left> {
        self.serialize_i64(value.into())
    }
    fn serialize_i16(self, value: i16) -> Result<(), Left> {
        self.serialize_i64(value.into())
    }
    fn serialize_i32(self, value: i32) -> Result<(), Left> {
        self.serialize_i64(value.into())
    }
    fn serialize_i64(self, value: i64) -> Result<(), Left> {
        self.number(value.unsigned_abs(), value < 0);
        Ok(())
    }
    fn serialize_u8(self, value: u8) -> Result<(), Left> {
        self.serialize_u64(value.into())
    }
    fn serialize_u16(self, value: u16) -> Result<(), Left> {
        self.serialize_u64(value.into())
    }
    fn serialize_u32(self, value: u32) -> Result<(), Left> {
        self.serialize_u64(value.into())
    }
    fn serialize_u64(self, value: u64) -> Result<(), Left> {
        self.number(value, false);
        Ok(())
    }
    fn serialize_f32(self, value: f32) -> Result<(), Left> {
        serde_json::to_writer(&mut self.out, &value).map_err(|_| Left)
    }
    fn serialize_f64(self, value: f64) -> Result<(), Left> {
        serde_json::to_writer(&mut self.out, &value).map_err(|_| Left)
    }
    fn serialize_char(self, value: char) -> Result<(), Left> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }
    fn serialize_str(self, value: &str) -> Result<(), Left> {
        self.text(value);
        Ok(())
    }
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Left> {
        self.out.push(b'"');
        write!(self, "{value}").map_err(|_| Left)?;
        self.out.push(b'"');
        Ok(())
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<(), Left> {
        Err(Left)
    }
    fn serialize_none(self) -> Result<(), Left> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Left> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Left> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Left> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Left> {
        self.serialize_str(name)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Left> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Left> {
        self.variant(name);
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, Left> {
        Ok(self.begin(b"[", b"]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Left> {
        Ok(self.begin(b"[", b"]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, Left> {
        Ok(self.begin(b"[", b"]"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Left> {
        self.variant(name);
        Ok(self.begin(b"[", b"]}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Elements<'a>, Left> {
        Ok(self.begin(b"{", b"}"))
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Elements<'a>, Left> {
        // Numbers of any length and JSON in JSON, which serde_json passes as structs.
        if name.starts_with("$serde_json::") {
            return Err(Left);
        }
        Ok(self.begin(b"{", b"}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Left> {
        self.variant(name);
        Ok(self.begin(b"{", b"}}"))
    }
}

macro_rules! elements {
    ($($of:ident),*) => {$(
        impl ser::$of for Elements<'_> {
            type Ok = ();
            type Error = Left;
            elements!(@ $of);
            fn end(self) -> Result<(), Left> {
                self.close();
                Ok(())
            }
        }
    )*};
    (@ SerializeSeq) => { elements!(@element serialize_element); };
    (@ SerializeTuple) => { elements!(@element serialize_element); };
    (@ SerializeTupleStruct) => { elements!(@element serialize_field); };
    (@ SerializeTupleVariant) => { elements!(@element serialize_field); };
    (@ SerializeStruct) => { elements!(@member); };
    (@ SerializeStructVariant) => { elements!(@member); };
    (@element $name:ident) => {
        fn $name<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Left> {
            self.element(value)
        }
    };
    (@member) => {
        fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Left> {
            self.member(name, value)
        }
    };
}

elements!(
    SerializeSeq,
    SerializeTuple,
    SerializeTupleStruct,
    SerializeTupleVariant,
    SerializeStruct,
    SerializeStructVariant
);

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Left;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Left> {
        self.comma();
        let start = self.writer.out.len();
        name.serialize(&mut *self.writer)?;
        // A name is a text; how others become one is left to serde_json.
        if self.writer.out.get(start) == Some(&b'"') { Ok(()) } else { Err(Left) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Left> {
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Left> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn same<T: Serialize + ?Sized>(value: &T) {
        let quick = String::from_utf8(to_vec(value).unwrap()).unwrap();
        assert_eq!(quick, serde_json::to_string(value).unwrap());
        serde_json::from_str::<Value>(&quick).unwrap();
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![any::<String>(), "[ -~\u{0}-\u{1f}\u{7f}\"\\\\é漢🦀]{0,40}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::vec((text.clone(), inner), 0..8)
                    .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_written_as_serde_json_writes_it(value in values()) {
            same(&value);
        }

        #[test]
        fn numbers_are_written_as_serde_json_writes_them(big in any::<u64>(), small in any::<i64>(), real in any::<f64>()) {
            same(&(big, small, small as i8, small as i16, small as i32, big as u8, big as u16, big as u32));
            same(&(real, real as f32, big as f64));
        }
    }

    #[test]
    fn every_byte_at_every_place_of_eight() {
        for byte in 0..128u8 {
            for place in 0..17 {
                let mut text = vec![b'x'; 17];
                text[place] = byte;
                same(std::str::from_utf8(&text).unwrap());
            }
        }
    }

    #[test]
    fn every_form_of_value() {
        #[derive(Serialize)]
        enum Form {
            Unit,
            Newtype(u8),
            Tuple(u8, &'static str),
            Struct { a: Option<u8>, b: char },
        }
        #[derive(Serialize)]
        struct Unit;
        #[derive(Serialize)]
        struct Pair(u8, u8);
        #[derive(Serialize)]
        struct Flat {
            first: u8,
            #[serde(flatten)]
            inner: BTreeMap<String, u8>,
            #[serde(skip_serializing_if = "Option::is_none")]
            none: Option<u8>,
        }
        same(&[Form::Unit, Form::Newtype(1), Form::Tuple(2, "\"")]);
        same(&Form::Struct { a: None, b: '\u{1}' });
        same(&Form::Struct { a: Some(3), b: '漢' });
        same(&(Unit, Pair(1, 2), [(); 2], "", format_args!("a\"{}\n", 1)));
        same(&Flat { first: 1, inner: [("b".to_owned(), 2)].into(), none: None });
        same(&json!({}));
        same(&json!([[], {}, [{}]]));
        same(&BTreeMap::<String, u8>::new());
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_left_to_serde_json() {
        same(&BTreeMap::from([(1u8, "number"), (2, "names")]));
        same(&BTreeMap::from([(true, 1)]));
        same(&(i128::MAX, u128::MAX));
        same(&f64::NAN);
        let names = BTreeMap::from([(vec![1], 1)]);
        assert!(to_vec(&names).is_err(), "a list is no name");
    }
}
