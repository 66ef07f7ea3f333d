//! A text with placeholders, written `${name}`.

use crate::{Flaw, surroundings::Surroundings};

/// The names that one kind of template may use.
pub(crate) trait Variable: Copy + 'static {
    /// Every one.
    const ALL: &'static [Self];

    /// What stands between the braces.
    fn name(self) -> &'static str;
}

/// A template that was parsed once, so that values are never parsed (template injection): `${link}`
/// inside a display name stays as it is.
#[derive(Debug, Clone)]
pub(crate) struct Template<V>(Vec<Piece<V>>);

#[derive(Debug, Clone)]
enum Piece<V> {
    Text(String),
    Place(V, Surroundings),
}

impl<V: Variable> Template<V> {
    /// Parses a template, or returns everything that is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, Vec<Flaw>> {
        let mut pieces = Vec::new();
        let mut flaws = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once("${") {
            let before = &source[..source.len() - rest.len() + text.len()];
            pieces.push(Piece::Text(text.to_owned()));
            let Some((name, after)) = after.split_once('}') else {
                flaws.push(Flaw::Unclosed);
                break;
            };
            match find(name) {
                Some(variable) => {
                    pieces.push(Piece::Place(variable, Surroundings::after(before)));
                }
                None => flaws.push(unknown::<V>(name)),
            }
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if flaws.is_empty() {
            Ok(Self(pieces))
        } else {
            Err(flaws)
        }
    }

    /// The text with each placeholder replaced by `value`, which gets its surroundings.
    pub(crate) fn fill(&self, value: impl Fn(V, Surroundings) -> String) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Place(variable, surroundings) => value(*variable, *surroundings),
            })
            .collect()
    }
}

fn find<V: Variable>(name: &str) -> Option<V> {
    V::ALL
        .iter()
        .copied()
        .find(|variable| variable.name() == name)
}

fn unknown<V: Variable>(name: &str) -> Flaw {
    let known: Vec<_> = V::ALL.iter().map(|variable| variable.name()).collect();
    Flaw::UnknownVariable {
        name: name.to_owned(),
        known: known.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Drink {
        Tea,
        Milk,
    }

    impl Variable for Drink {
        const ALL: &'static [Self] = &[Self::Tea, Self::Milk];

        fn name(self) -> &'static str {
            match self {
                Self::Tea => "tea",
                Self::Milk => "milk",
            }
        }
    }

    fn filled(source: &str) -> String {
        Template::<Drink>::parse(source)
            .unwrap()
            .fill(|drink, _| match drink {
                Drink::Tea => "Assam".to_owned(),
                Drink::Milk => "${tea}".to_owned(),
            })
    }

    #[test]
    fn every_place_is_filled_in() {
        assert_eq!(filled("${tea}, ${tea} & more"), "Assam, Assam & more");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        assert_eq!(filled("<${milk}>"), "<${tea}>");
    }

    #[test]
    fn other_dollars_and_braces_are_text() {
        for source in ["", "$", "$5 {tea} }", "a { color: red }", "$$", "#{tea}"] {
            assert_eq!(filled(source), source);
        }
        assert_eq!(filled("$${tea}}"), "$Assam}");
    }

    #[test]
    fn all_flaws_are_told_at_once() {
        let flaws = Template::<Drink>::parse("${coffee} ${} ${ tea } ${tea").unwrap_err();

        let told: Vec<_> = flaws.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "`${coffee}` is unknown; there are tea, milk",
                "`${}` is unknown; there are tea, milk",
                "`${ tea }` is unknown; there are tea, milk",
                "a `${` has no `}`",
            ]
        );
    }
}
