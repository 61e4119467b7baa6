//! The codes that functions answer.

use std::ffi::CStr;

use workflow_core::error::ErrorKind;

/// What a function answers: 0 for success, else why it did nothing.
///
/// 1 to 99 are of this boundary, 100 to 199 the caller's to put right (nothing was changed), 200 to
/// 299 failures of the store. A number never gets another meaning. New ones may come: treat one
/// that you do not know by its range.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum workflow_code {
    /// It was done.
    Ok = 0,
    /// A pointer that is needed is NULL.
    NullPointer = 1,
    /// A text is not UTF-8.
    InvalidText = 2,
    /// A handle is of another type, was freed, or never was one.
    InvalidHandle = 3,
    /// The engine was called from a callback of its own.
    Reentrant = 4,
    /// A call panicked before: the engine answers nothing but this. Free it and open it anew.
    Poisoned = 5,
    /// A call panicked: a bug in the library. The engine is poisoned.
    Panicked = 6,
    /// A text is longer than anything the function reads.
    TooLong = 7,
    /// A number is not one of those that mean something here.
    OutOfRange = 8,
    /// A struct is of another version of the library: its `struct_size` or `abi_version` is wrong.
    AbiMismatch = 9,
    /// There are more handles than the library keeps.
    TooManyHandles = 10,
    /// A value is not acceptable.
    Invalid = 100,
    /// A document has problems; the error's document lists them.
    Document = 101,
    /// Something named does not exist.
    NotFound = 102,
    /// Something that should be new exists already.
    Exists = 103,
    /// The actor may not.
    Forbidden = 104,
    /// A rule stands against it.
    Refused = 105,
    /// A circle of dependencies.
    Cycle = 106,
    /// A limit is exceeded.
    Limit = 107,
    /// An idempotency key was used for another command.
    KeyReused = 108,
    /// Others changed the same records, again and again. Try again.
    Conflict = 200,
    /// The store is in use by another and did not come free in time. Try again.
    Busy = 201,
    /// The store cannot be reached, read or written. Try again.
    Unavailable = 202,
    /// What the store holds cannot be what the engine wrote.
    Corrupt = 203,
    /// The store was written by a newer version of this library.
    NewerVersion = 204,
    /// The store holds something else than workflow data.
    NotAStore = 205,
    /// The store cannot do this.
    Unsupported = 206,
    /// It is not known whether a commit happened. Repeat the command with its idempotency key.
    Ambiguous = 207,
}

impl workflow_code {
    /// The code's name in the words of error documents.
    pub(crate) fn name(self) -> &'static CStr {
        match self {
            Self::Ok => c"ok",
            Self::NullPointer => c"null_pointer",
            Self::InvalidText => c"invalid_text",
            Self::InvalidHandle => c"invalid_handle",
            Self::Reentrant => c"reentrant",
            Self::Poisoned => c"poisoned",
            Self::Panicked => c"panicked",
            Self::TooLong => c"too_long",
            Self::OutOfRange => c"out_of_range",
            Self::AbiMismatch => c"abi_mismatch",
            Self::TooManyHandles => c"too_many_handles",
            Self::Invalid => c"invalid",
            Self::Document => c"document",
            Self::NotFound => c"not_found",
            Self::Exists => c"exists",
            Self::Forbidden => c"forbidden",
            Self::Refused => c"refused",
            Self::Cycle => c"cycle",
            Self::Limit => c"limit",
            Self::KeyReused => c"key_reused",
            Self::Conflict => c"conflict",
            Self::Busy => c"busy",
            Self::Unavailable => c"unavailable",
            Self::Corrupt => c"corrupt",
            Self::NewerVersion => c"newer_version",
            Self::NotAStore => c"not_a_store",
            Self::Unsupported => c"unsupported",
            Self::Ambiguous => c"ambiguous",
        }
    }

    /// The code of a number.
    pub(crate) fn of(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| *code as i32 == number)
    }

    const ALL: [Self; 28] = [
        Self::Ok,
        Self::NullPointer,
        Self::InvalidText,
        Self::InvalidHandle,
        Self::Reentrant,
        Self::Poisoned,
        Self::Panicked,
        Self::TooLong,
        Self::OutOfRange,
        Self::AbiMismatch,
        Self::TooManyHandles,
        Self::Invalid,
        Self::Document,
        Self::NotFound,
        Self::Exists,
        Self::Forbidden,
        Self::Refused,
        Self::Cycle,
        Self::Limit,
        Self::KeyReused,
        Self::Conflict,
        Self::Busy,
        Self::Unavailable,
        Self::Corrupt,
        Self::NewerVersion,
        Self::NotAStore,
        Self::Unsupported,
        Self::Ambiguous,
    ];
}

/// The kind of a store's failure that a host's callback answered; `Unavailable` for a number that
/// means none.
pub(crate) fn store_kind(code: i32) -> ErrorKind {
    match code {
        200 => ErrorKind::Conflict,
        201 => ErrorKind::Busy,
        203 => ErrorKind::Corrupt,
        204 => ErrorKind::NewerVersion,
        205 => ErrorKind::NotAStore,
        206 => ErrorKind::Unsupported,
        207 => ErrorKind::Ambiguous,
        _ => ErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of error in Rust has the same number and name here.
    #[test]
    fn s12_2_codes_are_those_of_the_engine() {
        let codes = [
            (ErrorKind::Invalid, workflow_code::Invalid),
            (ErrorKind::Document, workflow_code::Document),
            (ErrorKind::NotFound, workflow_code::NotFound),
            (ErrorKind::Exists, workflow_code::Exists),
            (ErrorKind::Forbidden, workflow_code::Forbidden),
            (ErrorKind::Refused, workflow_code::Refused),
            (ErrorKind::Cycle, workflow_code::Cycle),
            (ErrorKind::Limit, workflow_code::Limit),
            (ErrorKind::KeyReused, workflow_code::KeyReused),
            (ErrorKind::Conflict, workflow_code::Conflict),
            (ErrorKind::Busy, workflow_code::Busy),
            (ErrorKind::Unavailable, workflow_code::Unavailable),
            (ErrorKind::Corrupt, workflow_code::Corrupt),
            (ErrorKind::NewerVersion, workflow_code::NewerVersion),
            (ErrorKind::NotAStore, workflow_code::NotAStore),
            (ErrorKind::Unsupported, workflow_code::Unsupported),
            (ErrorKind::Ambiguous, workflow_code::Ambiguous),
        ];
        for (kind, code) in codes {
            assert_eq!(kind.code(), code as i32);
            let name = code.name().to_str().expect("UTF-8");
            assert_eq!(serde_json::to_value(kind).expect("a kind"), name);
            assert_eq!(workflow_code::of(kind.code()), Some(code));
            if kind.code() >= 200 {
                assert_eq!(store_kind(kind.code()), kind);
            }
        }
    }
}
