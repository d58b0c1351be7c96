//! What the variables of other tools are called and which of ours says the same. Names are compared by their letters and
//! digits alone, so `[[Order-ID]]` and `%%order_id%%` are one. What is never offered says why.

/// What stands for a foreign name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A variable of ours.
    Ours(&'static str),
    /// Nothing, and why not.
    Never(&'static str),
}

use Meaning::{Never, Ours};

const BUYER: &str = "Abide keeps no buyer's name and writes none into letters";
const ADDRESS: &str = "Abide writes nobody's address or telephone number into letters";
const SHOP: &str = "Amazon's rules turn away links to products and storefronts, which pass for advertising";
const PICTURE: &str = "Amazon's rules turn away pictures, logos and what tracks readers; letters are plain text";
const OPT_OUT: &str = "Amazon's rules turn away links to unsubscribe; buyers opt out with Amazon, and Abide obeys";
pub(super) const STATEMENT: &str =
    "conditions and loops are written differently; look at what stood between, and write it anew";
const MONEY: &str = "amounts are no variable of Abide's";
const OFFER: &str = "Amazon's rules turn away offers in messages to buyers";

/// Foreign names, in small letters and digits, with what stands for them.
const NAMES: [(&[&str], Meaning); 25] = [
    (&["orderid", "order", "ordernumber", "orderno", "amazonorderid", "amazonorder", "ordernum"], Ours("order_id")),
    (
        &[
            "productname",
            "product",
            "producttitle",
            "itemname",
            "itemtitle",
            "item",
            "title",
            "producttitleshort",
            "productshortname",
            "shortproductname",
            "products",
            "productnames",
            "orderitems",
            "itemlist",
        ],
        Ours("product_name"),
    ),
    (&["quantity", "qty", "orderquantity", "itemquantity", "productquantity"], Ours("quantity")),
    (
        &["orderdate", "purchasedate", "dateoforder", "purchased", "datepurchased", "orderdatelong"],
        Ours("purchase_date"),
    ),
    (&["shipdate", "shippeddate", "shippingdate", "dateshipped", "shipmentdate", "dispatchdate"], Ours("ship_date")),
    (&["deliverydate", "delivereddate", "datedelivered"], Ours("delivery_date")),
    (
        &[
            "estimatedarrival",
            "estimatedarrivaldate",
            "estimateddelivery",
            "estimateddeliverydate",
            "arrivaldate",
            "expecteddelivery",
            "expecteddeliverydate",
            "estimateddate",
        ],
        Ours("estimated_arrival"),
    ),
    (
        &["carrier", "shippingcarrier", "carriername", "shipcarrier", "courier", "shippingcompany", "shipmentcarrier"],
        Ours("carrier"),
    ),
    (
        &["tracking", "trackingnumber", "trackingid", "trackingno", "shipmenttracking", "trackingcode"],
        Ours("tracking_number"),
    ),
    (
        &[
            "storename",
            "store",
            "sellername",
            "seller",
            "shopname",
            "merchantname",
            "companyname",
            "businessname",
            "yourname",
            "mystore",
            "brandname",
            "brand",
            "sendername",
            "signature",
        ],
        Ours("store_name"),
    ),
    (
        &["orderlink", "orderurl", "orderdetailslink", "orderpage", "linkorder", "amazonorderlink", "orderpagelink"],
        Ours("order_link"),
    ),
    (
        &[
            "reviewlink",
            "reviewurl",
            "productreviewlink",
            "productreviewurl",
            "productreview",
            "linkreview",
            "leavereview",
            "leaveproductreview",
            "reviewpage",
            "amazonreviewlink",
            "writereviewlink",
            "productreviewpage",
        ],
        Ours("review_link"),
    ),
    (
        &[
            "feedbacklink",
            "feedbackurl",
            "sellerfeedbacklink",
            "sellerfeedback",
            "linkfeedback",
            "leavefeedback",
            "leavefeedbacklink",
            "feedbackpage",
            "amazonfeedbacklink",
            "positivefeedbacklink",
            "feedback",
        ],
        Ours("feedback_link"),
    ),
    (
        &[
            "contactlink",
            "contacturl",
            "contactus",
            "contactseller",
            "contactsellerlink",
            "linkcontact",
            "contactuslink",
            "messagelink",
            "contact",
            "buyersellerlink",
            "amazoncontactlink",
        ],
        Ours("contact_link"),
    ),
    (
        &[
            "buyername",
            "buyerfirstname",
            "buyerlastname",
            "firstname",
            "lastname",
            "fullname",
            "buyer",
            "customer",
            "customername",
            "customerfirstname",
            "recipientname",
            "recipient",
            "name",
            "buyerfullname",
            "shippingname",
            "shipname",
        ],
        Never(BUYER),
    ),
    (
        &[
            "buyeremail",
            "email",
            "customeremail",
            "shippingaddress",
            "shipaddress",
            "address",
            "shipcity",
            "shippingcity",
            "city",
            "shippingstate",
            "shipstate",
            "state",
            "postcode",
            "zip",
            "zipcode",
            "shippostalcode",
            "shipcountry",
            "country",
            "phone",
            "buyerphone",
            "selleremail",
            "storeemail",
            "telephone",
            "sellerphone",
        ],
        Never(ADDRESS),
    ),
    (
        &[
            "productlink",
            "producturl",
            "itemlink",
            "itemurl",
            "linkproduct",
            "storelink",
            "storefrontlink",
            "storefront",
            "storeurl",
            "shoplink",
            "shopurl",
            "amazonlink",
            "productpage",
            "websitelink",
            "website",
            "url",
            "link",
            "facebooklink",
        ],
        Never(SHOP),
    ),
    (
        &[
            "productimage",
            "productpicture",
            "itemimage",
            "image",
            "logo",
            "storelogo",
            "productimagelink",
            "picture",
            "pixel",
            "trackingpixel",
            "starrating",
            "stars",
            "logourl",
        ],
        Never(PICTURE),
    ),
    (&["unsubscribe", "unsubscribelink", "optout", "optoutlink", "unsubscribeurl", "optouturl"], Never(OPT_OUT)),
    (
        &[
            "if", "else", "endif", "elseif", "elif", "unless", "each", "for", "endfor", "foreach", "end", "with",
            "set", "include", "import", "extends", "block", "endblock", "macro",
        ],
        Never(STATEMENT),
    ),
    (
        &[
            "price",
            "itemprice",
            "total",
            "ordertotal",
            "orderprice",
            "productprice",
            "shippingprice",
            "tax",
            "amount",
            "ordervalue",
            "currency",
        ],
        Never(MONEY),
    ),
    (
        &[
            "coupon",
            "couponcode",
            "discount",
            "discountcode",
            "promocode",
            "promotion",
            "giftcard",
            "voucher",
            "vouchercode",
        ],
        Never(OFFER),
    ),
    (
        &["trackinglink", "trackingurl", "carrierlink", "carrierurl", "tracklink", "linktracking"],
        Never("Abide makes no links to carriers; the order's own page, {{ order_link }}, shows where the parcel is"),
    ),
    (
        &["sku", "productsku", "itemsku", "asin", "productasin", "itemasin", "productid"],
        Never("product numbers stand in `items`, as in {% for item in items %}{{ item.sku }}{% endfor %}"),
    ),
    (
        &[
            "date",
            "today",
            "currentdate",
            "now",
            "day",
            "month",
            "year",
            "invoice",
            "invoicelink",
            "invoiceurl",
            "invoicenumber",
        ],
        Never("Abide knows no such value when it writes a letter"),
    ),
];

/// What stands for a foreign name, once it is written in small letters and digits.
pub(super) fn meaning(plain: &str) -> Option<Meaning> {
    NAMES.iter().find(|(names, _)| names.contains(&plain)).map(|(_, meaning)| *meaning)
}
