#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1: the ids of a BertTokenizer depend on the type of the variable that holds it, and its counts never agree with its ids.
#
# BertTokenizer.EncodeToIds puts [CLS] and [SEP] round the text. The same object in a variable of the base class Tokenizer does not: the method is hidden, not overridden. CountTokens leaves the two out in both cases, so that four words have six ids and a
# count of four, and GetIndexByTokenCount with a limit of 4 keeps four words where EncodeToIds with the same limit keeps two.
# Surprising because one object gives two answers to one call, and because the library's examples hold tokenisers as Tokenizer.
# Who meets it: dependency injection and lists of tokenisers: the model gets no [CLS], from which its class is read. And whoever cuts text into windows by CountTokens: each is two tokens too long and is cut or rejected.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.Tokenizers@2.0.1
#:property PublishAot=false
using System.Text;
using Microsoft.ML.Tokenizers;

string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nnote\nbook\nnotebook\nopen\nthe\n##note\n##book\n";
string[] words = vocabulary.Split('\n');
BertTokenizer tokenizer = BertTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(vocabulary)));
Tokenizer general = tokenizer;
const string text = "open the note book";
string[] own = tokenizer.EncodeToIds(text).Select(id => words[id]).ToArray(), hidden = general.EncodeToIds(text).Select(id => words[id]).ToArray();
string[] limited = tokenizer.EncodeToIds(text, 4, out _, out _).Select(id => words[id]).ToArray();
int length = tokenizer.GetIndexByTokenCount(text, 4, out _, out _);
Console.WriteLine($"as BertTokenizer: {string.Join(" ", own)}");
Console.WriteLine($"as Tokenizer: {string.Join(" ", hidden)}");
Console.WriteLine($"CountTokens: {tokenizer.CountTokens(text)}, number of ids: {own.Length}");
Console.WriteLine($"at most 4: EncodeToIds {string.Join(" ", limited)}; GetIndexByTokenCount \"{text[..length]}\"");
return own.Length == 6 && hidden.Length == 4 && tokenizer.CountTokens(text) == 4 && limited.Length == 4 && length == text.Length ? 0 : 1;
END
dotnet run app.cs
