// Print the logits of the model in a package's folder, asked through Transformers.js for each row of texts on standard input.
const { AutoModelForSequenceClassification, AutoTokenizer, env } = require("@huggingface/transformers");
const { readFileSync } = require("node:fs");

async function main(folder) {
  env.allowRemoteModels = false;
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const model = await AutoModelForSequenceClassification.from_pretrained(folder);
  const answers = [];
  for (const [text, text_pair] of JSON.parse(readFileSync(0, "utf-8"))) {
    const { logits } = await model(tokenizer(text, { text_pair, truncation: true }));
    answers.push(Array.from(logits.data));
  }
  console.log(JSON.stringify(answers));
}

main(process.argv[2]);
