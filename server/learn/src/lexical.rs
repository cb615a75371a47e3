//! Hashed n-grams and softmax regression.
